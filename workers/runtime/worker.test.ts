// The life of a worker as a process of its own: how it starts, stops and fails.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { AckPolicy, type JetStreamManager, type NatsConnection, nanos } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueAuthority, issueClientCertificate } from '../../certs/authority.ts';
import { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { jetStream } from './nats.ts';
import { recreateStream } from './testing/streams.ts';

const DEFINITION = 'nats: { servers: 1 }\nsources: { s: { kind: rss, feeds: [{ url: https://a.example/rss }] } }';
const SOON_MS = 30_000;

let cluster: TestCluster;
let connection: NatsConnection;
let manager: JetStreamManager;
let directory: string;
let bundle: string;
const children: Child[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-worker-'));
  bundle = join(directory, 'worker.mjs');
  await build({
    entryPoints: [new URL('testing/sample-worker.ts', import.meta.url).pathname],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  connection = await cluster.connect(OBSERVER.name, { maxReconnectAttempts: -1 });
  manager = await connection.jetstreamManager();
});
afterAll(async () => {
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  await recreateStream(manager, { name: 'T', subjects: ['T.*'] });
  const ack_wait = nanos(60_000);
  await manager.consumers.add('T', { durable_name: 'sample', ack_policy: AckPolicy.Explicit, ack_wait });
});
afterEach(() => Promise.all(children.splice(0).map((child) => child.stop(0))));

const consumerInfo = () => manager.consumers.info('T', 'sample');
const publish = (task: string) => jetStream(connection).publish('T.a', task);

/** Starts the worker with what it needs, but for what `environment` says. */
function start(environment: Readonly<Record<string, string>> = {}) {
  const { caFile, certFile, keyFile } = cluster.tls(OBSERVER.name);
  const child = new Child({
    name: 'sample',
    command: process.execPath,
    args: [bundle],
    environment: {
      WORKER: OBSERVER.name,
      NATS_URL: cluster.cluster.urls.join(','),
      NATS_CA: caFile,
      NATS_CERT: certFile,
      NATS_KEY: keyFile,
      STREAM: 'T',
      CONSUMER: 'sample',
      BATCH: '10',
      ACK_WAIT_MS: '60000',
      ...environment,
    },
    logFile: join(directory, `sample-${children.length}-${Date.now()}.log`),
  });
  children.push(child);
  const output = (): string => child.lastLines(1_000);
  const says = (text: string) => waitFor(`"${text}"`, SOON_MS, () => output().includes(text));
  const exit = () => waitFor('its end', SOON_MS, () => child.exit);
  return { child, output, says, exit };
}

const authority = async () => ({
  certificate: await readFile(join(cluster.directory, 'certs/ca.crt'), 'utf8'),
  privateKey: await readFile(join(cluster.directory, 'certs/ca.key'), 'utf8'),
});

/** Issues a client certificate into files of its own. */
async function issue(
  issuer: Awaited<ReturnType<typeof authority>>,
  more: { readonly identity?: string; readonly notBefore?: Date; readonly notAfter?: Date },
): Promise<{ NATS_CERT: string; NATS_KEY: string }> {
  const issued = await issueClientCertificate({ authority: issuer, identity: OBSERVER.name, ...more });
  const folder = await mkdtemp(join(directory, 'issued-'));
  const files = { NATS_CERT: join(folder, 'client.crt'), NATS_KEY: join(folder, 'client.key') };
  await writeFile(files.NATS_CERT, issued.certificate);
  await writeFile(files.NATS_KEY, issued.privateKey, { mode: 0o600 });
  return files;
}

describe('the end of a process', () => {
  it('is 0 after SIGTERM or SIGINT, with the work in hand done', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      await publish('until-stopped');
      const { child, says, exit, output } = start();
      await says('working');
      child.kill(signal);
      expect(await exit()).toEqual({ code: 0, signal: null });
      expect(output()).toContain(`"signal":"${signal}"`);
    }
    await waitFor('acknowledgements', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq === 2);
  });

  it('is 0 in the second part of the grace period, with the work given back', async () => {
    await publish('until-abandoned');
    const { child, says, exit } = start({ GRACE_MS: '10000' });
    await says('working');
    child.kill('SIGTERM');
    expect(await exit()).toEqual({ code: 0, signal: null });
    const { child: other, says: otherSays } = start();
    await otherSays('working');
    expect((await consumerInfo()).delivered.consumer_seq).toBe(2);
    other.kill('SIGKILL');
  });

  it('is 1 when work outlasts the grace period', async () => {
    await publish('for-ever');
    const { child, says, exit, output } = start({ GRACE_MS: '1000' });
    await says('working');
    child.kill('SIGTERM');
    expect(await exit()).toEqual({ code: 1, signal: null });
    expect(output()).toContain('still at work 1000 ms after SIGTERM, exiting');
  });

  it('is 1 after a fatal error, which explains itself', async () => {
    await publish('fatal');
    const { exit, output } = start();
    expect(await exit()).toEqual({ code: 1, signal: null });
    expect(output()).toContain('"reason":"the sample is broken: in its middle"');
    expect(output()).not.toContain('"stack"');
  });

  it('is 1 when the connection is closed for good', async () => {
    await publish('close');
    const { exit, output } = start();
    expect(await exit()).toEqual({ code: 1, signal: null });
    expect(output()).toContain('the connection to NATS was closed for good');
  });

  it('is 1 when its port is taken', async () => {
    const port = String((await freePorts(1))[0]);
    const { says } = start({ HTTP_PORT: port });
    await says('pulling');
    const second = start({ HTTP_PORT: port });
    expect(await second.exit()).toEqual({ code: 1, signal: null });
    expect(second.output()).toContain(`can't serve metrics and health on 127.0.0.1:${port}`);
  });

  it('is 2 when its settings are wrong, naming all of them and no secret', async () => {
    const { exit, output } = start({ BATCH: '0', STREAM: '', LOG_LEVEL: 'loud', PASSWORD: 'hunter2' });
    expect(await exit()).toEqual({ code: 2, signal: null });
    expect(output()).toContain('BATCH is "0": allowed: a whole number from 1 to 10000');
    expect(output()).toContain('STREAM is not set');
    expect(output()).toContain('LOG_LEVEL is "loud"');
    expect(output()).not.toContain('hunter2');
  });
});

describe('connecting', () => {
  it('fails clearly when a file is not there, or is not what it should be', async () => {
    const missing = start({ NATS_CERT: '/nowhere/client.crt' });
    expect(await missing.exit()).toEqual({ code: 1, signal: null });
    expect(missing.output()).toContain("NATS_CERT names /nowhere/client.crt, which can't be read");
    const { certFile } = cluster.tls('news-creator');
    const mixed = start({ NATS_CERT: certFile });
    expect(await mixed.exit()).toEqual({ code: 1, signal: null });
    expect(mixed.output()).toMatch(/are not an authority, a certificate and its key: .*key values mismatch/);
    const nonsense = join(directory, 'nonsense.crt');
    await writeFile(nonsense, 'not a certificate');
    const unreadable = start({ NATS_CA: nonsense });
    expect(await unreadable.exit()).toEqual({ code: 1, signal: null });
    expect(unreadable.output()).toContain(`NATS_CA (${nonsense})`);
  });

  it('fails, rather than try for ever, when the server is of another authority', async () => {
    const ca = join(directory, 'other-ca.crt');
    const other = await issueAuthority();
    await writeFile(ca, other.certificate);
    const { exit, output } = start({ NATS_CA: ca, ...(await issue(other, {})) });
    expect(await exit()).toEqual({ code: 1, signal: null });
    expect(output()).toMatch(/can't connect to NATS at tls:\/\/localhost:\d+ as observer: .*(certificate|issuer)/);
  });

  it('fails with a certificate that the server would not accept', async () => {
    const own = await authority();
    const stranger = await issue(await issueAuthority(), {});
    const expired = await issue(own, {
      notBefore: new Date(Date.now() - 120_000),
      notAfter: new Date(Date.now() - 60_000),
    });
    for (const [files, reason] of [
      [stranger, /the certificate in \S+ is not one of the authority in \S+ca\.crt/],
      [expired, /the certificate in \S+ expired on .* GMT: renew it/],
    ] as const) {
      const { exit, output } = start(files);
      expect(await exit()).toEqual({ code: 1, signal: null });
      expect(output()).toMatch(reason);
    }
  });

  it('gives servers time to learn of an identity, and fails when they do not', async () => {
    const nobody = await issue(await authority(), { identity: 'nobody' });
    const { exit, output } = start({ ...nobody, NATS_REFUSAL_MS: '1000' });
    expect(await exit()).toEqual({ code: 1, signal: null });
    expect(output()).toMatch(/can't connect to NATS at tls:\/\/localhost:\d+ as observer: 'Authorization Violation'/);
    expect(output()).toMatch(/"level":"warn".*"refusalMs":1000,"msg":"waiting for the servers to know this identity"/);
  });

  it('goes on as soon as the servers have learnt of its identity', async () => {
    const server = cluster.cluster.servers[0] as Child;
    const file = join(cluster.directory, 'nats-0/nats.conf');
    const before = await readFile(file, 'utf8');
    const learn = async (configuration: string): Promise<void> => {
      await writeFile(file, configuration);
      server.kill('SIGHUP');
    };
    const { says, child } = start(await issue(await authority(), { identity: 'newcomer' }));
    await says('waiting for the servers to know this identity');
    await learn(before.replace('CN=news-monitor', 'CN=newcomer'));
    try {
      await says('"msg":"connected"');
      expect(child.exit).toBeUndefined();
    } finally {
      await learn(before);
    }
  });

  it('is alive while its consumer is not there, and ready once it is', async () => {
    await manager.consumers.delete('T', 'sample');
    const [port] = await freePorts(1);
    const probe = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/${path}`);
      return [response.status, await response.text()];
    };
    const { says } = start({ HTTP_PORT: String(port) });
    await says('waiting for the consumer to be created');
    expect(await probe('readyz')).toEqual([503, 'waiting for the consumer T/sample\n']);
    expect(await probe('healthz')).toEqual([200, 'ok\n']);
    await manager.consumers.add('T', { durable_name: 'sample', ack_policy: AckPolicy.Explicit });
    await says('pulling');
    await waitFor('readiness', SOON_MS, async () => (await probe('readyz'))[0] === 200);
  });

  it('waits for a cluster that is away, says so, and ends with 0 when told to', async () => {
    const [port] = await freePorts(1);
    const { child, says, exit } = start({ NATS_URL: `tls://localhost:${port}` });
    await says('waiting for the cluster');
    child.kill('SIGTERM');
    expect(await exit()).toEqual({ code: 0, signal: null });
  });

  it('survives a restart of the server', async () => {
    const { says } = start();
    await says('pulling');
    const server = cluster.cluster.servers[0];
    await server?.stop(15_000);
    await says('disconnected');
    await cluster.cluster.restart(0);
    await waitFor('our own connection', SOON_MS, () => publish('hello'));
    await waitFor('the acknowledgement', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq >= 1);
  });
});
