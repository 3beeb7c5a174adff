// Certificates that live for seconds (more of them on a loaded machine), kept good by the controller at a real API server and three real NATS servers: whoever
// connects at any moment is let in, and one long connection never notices anything.
import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type NatsConnection } from 'nats';
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
import { NotFoundError } from '../kubernetes/errors.ts';
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
/** On a machine at rest; a loaded one is given longer, see paceOf. */
const LEAF_MS = 11_000;
const SETTLE_MS = 1_500;
/** A certificate is renewed when a third of its life is left: time for it to be issued and taken up four times over. */
const TAKEN_UP_WITHIN_A_LIFE = 12;
const SOON_MS = 60_000;
/** With lives that are not over while it is measured. */
const LONG_MS = 60_000;
/** Of the test: longer than its waits in turn. */
const TEST_MS = 900_000;

/** How long things live and may take on this machine, now. */
interface Pace {
  readonly lives: { readonly authorityMs: number; readonly leafMs: number };
  readonly settleMs: number;
  readonly renewedWithinMs: number;
}

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

/** @param takeUpMs how long it takes on this machine, now, until all certificates are issued and taken up */
function paceOf(takeUpMs: number): Pace {
  const leafMs = Math.round(LEAF_MS + TAKEN_UP_WITHIN_A_LIFE * takeUpMs);
  const lives = { leafMs, authorityMs: 2 * leafMs };
  return { lives, settleMs: Math.round(SETTLE_MS + takeUpMs), renewedWithinMs: 6 * leafMs };
}

/**
 * Has all Secrets made anew, and brings the servers to them by hand: they run with another authority.
 * @returns how long that took, in milliseconds
 */
async function found(pace: Pace, system: NatsConnection): Promise<number> {
  const { namespace, admin } = bench;
  for (const name of [AUTHORITY, ...PLAN.certificates.map(({ secret }) => secret)]) {
    await admin.delete(SECRETS, { namespace, name }, { signal }).catch((error) => {
      if (!(error instanceof NotFoundError)) throw error;
    });
  }
  const startedAt = performance.now();
  const founding = new AbortController();
  const leading = controller(pace, async () => []).lead(founding.signal, () => true);
  await waitFor('all Secrets are made', SOON_MS, () => read(`${OBSERVER.name}-tls`).then(() => true));
  founding.abort();
  await leading;
  await mount();
  const servers = await waitFor('all servers answer', SOON_MS, async () => {
    const found = await discoverServers(system, 3);
    return found.size === 3 && found;
  });
  for (const id of servers.values()) await reloadServer(system, id);
  for (const url of cluster.cluster.urls) {
    const visit = async (): Promise<true> => {
      await (await enter(OBSERVER.name, [url])).close();
      return true;
    };
    await waitFor(`${url} has taken it up`, SOON_MS, visit);
  }
  return performance.now() - startedAt;
}

function controller(
  { lives, settleMs }: Pace,
  settleServers: (serial: string, signal: AbortSignal) => Promise<string[]>,
): CertificateController {
  const recorder = new EventRecorder({ client: bench.admin, controller: 'newsjet.io/operator', log, signal });
  return new CertificateController({
    ...{
      namespace: bench.namespace,
      client: bench.admin,
      plan: () => PLAN,
      recorder,
      log,
      settleServers,
      lives,
    },
    ...{ metrics: new CertificateMetrics(createRegistry('operator')), periodMs: 500, retryMs: 250, settleMs },
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

it('renews certificates and their authority while everybody works', { timeout: TEST_MS }, async () => {
  const system = await cluster.connect(SYSTEM);
  const pace = paceOf(await found(paceOf(LONG_MS), system));
  await found(pace, system);
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
  const next = controller(pace, (serial, until) => reloader.settle(serial, until));
  work.push(next.lead(signal, () => true));

  const renewed = await waitFor('the authority has been renewed', pace.renewedWithinMs, async () => {
    const authority = await read(AUTHORITY);
    const done = authority.data['tls.crt'] !== founded.data['tls.crt'] && !authority.data['previous.crt'];
    return done && authority;
  });
  expect(Object.keys(renewed.data).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  const { data } = await waitFor('the old authority is trusted no more', SOON_MS, async () => {
    const secret = await read(`${OBSERVER.name}-tls`);
    return secret.data['ca.crt'] === renewed.data['ca.crt'] && secret;
  });
  const authority = new X509Certificate(renewed.data['tls.crt'] ?? '');
  expect(new X509Certificate(data['tls.crt'] ?? '').verify(authority.publicKey)).toBe(true);
  await flow.advance(20);
  expect(
    lines.filter(({ msg }) => msg === 'disturbed'),
    JSON.stringify(pace),
  ).toEqual([]);
  const said = JSON.stringify(lines);
  expect(said).toContain('the previous authority is trusted no more');
  expect(said).not.toContain('PRIVATE KEY');
});
