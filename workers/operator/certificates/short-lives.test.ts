// Certificates that live for seconds, kept good by the controller at a real API server and three real NATS servers: whoever
// connects at any moment is let in, and one long connection never notices anything.
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { OBSERVER, TestCluster } from '../../../test/support/cluster.ts';
import { SYSTEM } from '../../contract/roles.ts';
import type { PlannedCertificate } from '../../contract/secret-plan.ts';
import { inboxPrefix } from '../../contract/subjects.ts';
import { reasonOf } from '../../runtime/errors.ts';
import { createRegistry } from '../../runtime/metrics.ts';
import { recordingLog } from '../../runtime/testing/log.ts';
import { EventRecorder } from '../kubernetes/events.ts';
import { ApiBench } from '../kubernetes/testing/api-bench.ts';
import { ServerReloader } from '../servers/server-reloader.ts';
import { discoverServers, reloadServer } from '../servers/system-account.ts';
import { Flow } from '../servers/testing/flow.ts';
import { CertificateMetrics } from './certificate-metrics.ts';
import { CertificateController } from './controller.ts';
import { decodeSecret, SECRETS, type StoredSecret } from './secret-object.ts';
import { AUTHORITY, SERVER } from './testing/vault.ts';

const DEFINITION = `sources:
  a: { kind: rss, feeds: [https://a.example/feed] }
`;
const client = (commonName: string): PlannedCertificate => ({
  ...{ secret: `${commonName}-tls`, commonName, names: [] },
  ...{ usages: ['client auth'], combinedPem: false },
});
const PLAN = {
  authority: { secret: AUTHORITY, commonName: 'Newsjet CA' },
  certificates: [
    {
      ...{ secret: SERVER, commonName: 'nats-server', names: ['localhost', '127.0.0.1'], combinedPem: false },
      usages: ['server auth', 'client auth'],
    } satisfies PlannedCertificate,
    client(SYSTEM),
    client(OBSERVER.name),
  ],
  serverSecret: SERVER,
};
const LIVES = { authorityMs: 22_000, leafMs: 11_000 };
const RENEWED_WITHIN_MS = 60_000;

let bench: ApiBench;
let cluster: TestCluster;
let flow: Flow;
const stop = new AbortController();
const { signal } = stop;
const { log, lines } = recordingLog();
const work: Promise<void>[] = [];
/** What identities connect with, as their pods' volumes have it. */
const mounted = new Map<string, StoredSecret['data']>();

const read = async (name: string): Promise<StoredSecret> =>
  decodeSecret(await bench.admin.get(SECRETS, { namespace: bench.namespace, name }, { signal }));

/** Brings what Secrets hold to where it is used, as the kubelet does, though not all files of a server at one moment. */
async function mount(): Promise<void> {
  for (const name of [SYSTEM, OBSERVER.name]) mounted.set(name, (await read(`${name}-tls`)).data);
  const { data } = await read(SERVER);
  if (data['tls.crt'] === mounted.get(SERVER)?.['tls.crt']) return;
  mounted.set(SERVER, data);
  // The certificate last: a server that presents it has all the rest.
  for (const [file, key] of [
    ['ca.crt', 'ca.crt'],
    ['server.key', 'tls.key'],
    ['server.crt', 'tls.crt'],
  ] as const) {
    await writeFile(join(cluster.directory, 'certs', file), data[key] ?? '');
  }
}

function tlsOf(identity: string): { ca: string; cert: string; key: string } {
  const { 'ca.crt': ca = '', 'tls.crt': cert = '', 'tls.key': key = '' } = mounted.get(identity) ?? {};
  return { ca, cert, key };
}

const enter = (identity: string, servers: readonly string[] = cluster.cluster.urls) =>
  connect({ servers: [...servers], tls: tlsOf(identity), inboxPrefix: inboxPrefix(identity), reconnect: false });

/** Does something again and again until the test ends. */
function keep(doing: () => Promise<void>): void {
  work.push(
    (async () => {
      while (!signal.aborted) {
        await doing().catch((error) => log.error({ reason: reasonOf(error) }, 'disturbed'));
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    })(),
  );
}

function controller(settleServers: (serial: string, signal: AbortSignal) => Promise<string[]>): CertificateController {
  const recorder = new EventRecorder({ client: bench.admin, controller: 'newsjet.io/operator', log, signal });
  return new CertificateController({
    ...{
      namespace: bench.namespace,
      client: bench.admin,
      plan: () => PLAN,
      recorder,
      log,
      settleServers,
      lives: LIVES,
    },
    ...{ metrics: new CertificateMetrics(createRegistry('operator')), periodMs: 500, retryMs: 250, settleMs: 1_500 },
  });
}

beforeAll(async () => {
  [bench, cluster] = await Promise.all([
    ApiBench.start('certificates'),
    TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] }),
  ]);
  const connection = await cluster.connect(OBSERVER.name, { reconnect: false });
  flow = await Flow.start(connection);
}, API_SERVER_TIMEOUT_MS);
afterAll(async () => {
  stop.abort();
  await Promise.all(work);
  await flow?.stop();
  await cluster?.stop();
  await bench?.stop();
});

it('renews certificates and their authority while everybody works', { timeout: 2 * RENEWED_WITHIN_MS }, async () => {
  // The servers of the test began with another authority: they are brought to this one by hand.
  const system = await cluster.connect(SYSTEM);
  const first = new AbortController();
  const leading = controller(async () => []).lead(first.signal, () => true);
  await waitFor('all Secrets are made', 20_000, () => read(`${OBSERVER.name}-tls`).then(() => true));
  first.abort();
  await leading;
  await mount();
  for (const id of (await discoverServers(system, 3)).values()) await reloadServer(system, id);
  const founded = await read(AUTHORITY);

  const addresses = cluster.cluster.urls.map((url, index) => {
    const { hostname: host, port } = new URL(url);
    return { name: `nats-${index}`, host, port: Number(port) };
  });
  const { namespace } = bench;
  const reloader = new ServerReloader({
    ...{ namespace, servers: addresses, client: bench.admin, log, connect: () => enter(SYSTEM) },
  });
  keep(mount);
  for (const url of cluster.cluster.urls) {
    keep(async () => {
      const connection = await enter(OBSERVER.name, [url]);
      await connection.flush();
      await connection.close();
    });
  }
  const next = controller((serial, until) => reloader.settle(serial, until));
  work.push(next.lead(signal, () => true));

  const renewed = await waitFor('the authority has been renewed', RENEWED_WITHIN_MS, async () => {
    const authority = await read(AUTHORITY);
    const done = authority.data['tls.crt'] !== founded.data['tls.crt'] && !authority.data['previous.crt'];
    return done && authority;
  });
  expect(Object.keys(renewed.data).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  const { data } = await waitFor('the old authority is trusted no more', 10_000, async () => {
    const secret = await read(`${OBSERVER.name}-tls`);
    return secret.data['ca.crt'] === renewed.data['ca.crt'] && secret;
  });
  const authority = new X509Certificate(renewed.data['tls.crt'] ?? '');
  expect(new X509Certificate(data['tls.crt'] ?? '').verify(authority.publicKey)).toBe(true);
  await flow.advance(20);
  expect(lines.filter(({ msg }) => msg === 'disturbed')).toEqual([]);
  const said = JSON.stringify(lines);
  expect(said).toContain('the previous authority is trusted no more');
  expect(said).not.toContain('PRIVATE KEY');
});
