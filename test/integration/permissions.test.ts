// The permission matrix: every identity tries everything that anybody may do, and more, on a real TLS cluster.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueAuthority, issueClientCertificate } from '../../certs/authority.ts';
import { waitFor } from '../../local/wait.ts';
import { TestCluster } from '../support/cluster.ts';
import {
  attempt,
  FORBIDDEN_PUBLISHES,
  FORBIDDEN_SUBSCRIPTIONS,
  literal,
  matches,
} from '../support/permission-matrix.ts';

const DEFINITION = `
sources:
  alpha: { kind: rss, feeds: [{ url: https://alpha.example/rss, every: 1h, name: one }] }
  beta: { kind: rss, feeds: [{ url: https://beta.example/rss, every: 1h, name: one }] }
`;

describe('permissions', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start(DEFINITION);
    await cluster.bootstrap();
  });
  afterAll(() => cluster?.stop());

  it('lets every identity publish and subscribe to exactly what its list names', async () => {
    const publishes = new Set([
      ...FORBIDDEN_PUBLISHES,
      ...cluster.topology.identities.flatMap(({ publish }) => publish.map(literal)),
    ]);
    const subscriptions = new Set([
      ...FORBIDDEN_SUBSCRIPTIONS,
      ...cluster.topology.identities.flatMap(({ subscribe }) => subscribe),
    ]);
    for (const identity of cluster.topology.identities) {
      const connection = await cluster.connect(identity.name);
      const denied = await attempt(connection, [...publishes], [...subscriptions]);
      const allowedPublishes = [...publishes].filter((subject) => !denied.publishes.has(subject));
      const allowedSubscriptions = [...subscriptions].filter((subject) => !denied.subscriptions.has(subject));
      expect({ identity: identity.name, allowedPublishes: allowedPublishes.sort(), allowedSubscriptions }).toEqual({
        identity: identity.name,
        allowedPublishes: [...publishes]
          .filter((subject) => identity.publish.some((pattern) => matches(pattern, subject)))
          .sort(),
        allowedSubscriptions: [...subscriptions].filter((subject) => identity.subscribe.includes(subject)),
      });
      await connection.close();
    }
  });

  it('grants what each worker does and no more', () => {
    const lists = Object.fromEntries(cluster.topology.identities.map(({ name, publish }) => [name, publish]));
    expect(lists['alpha-exporter']).toEqual([
      '$JS.API.CONSUMER.INFO.FEEDS.alpha-exporter',
      '$JS.API.CONSUMER.MSG.NEXT.FEEDS.alpha-exporter',
      '$JS.ACK.FEEDS.alpha-exporter.>',
      'DLQ.FEEDS.alpha-exporter',
      'FEEDS.schedule.alpha.*',
      'SOURCES.alpha',
      '$KV.feeds.alpha.*',
      '$JS.API.DIRECT.GET.KV_feeds.$KV.feeds.alpha.*',
    ]);
    expect(lists['beta-consumer']).toEqual([
      '$JS.API.CONSUMER.INFO.SOURCES.beta-consumer',
      '$JS.API.CONSUMER.MSG.NEXT.SOURCES.beta-consumer',
      '$JS.ACK.SOURCES.beta-consumer.>',
      'DLQ.SOURCES.beta-consumer',
      'NEWS.received',
    ]);
    expect(lists['news-creator']).toEqual([
      '$JS.API.CONSUMER.INFO.NEWS.news-creator',
      '$JS.API.CONSUMER.MSG.NEXT.NEWS.news-creator',
      '$JS.ACK.NEWS.news-creator.>',
      'DLQ.NEWS.news-creator',
      'NEWS.processed',
    ]);
    const whoMay = (action: RegExp): string[] =>
      cluster.topology.identities
        .filter(({ publish }) => publish.some((subject) => action.test(subject)))
        .map(({ name }) => name);
    expect(whoMay(/\.(CREATE|UPDATE)\./)).toEqual(['bootstrap', 'operator']);
    expect(whoMay(/\.STREAM\.PURGE\./)).toEqual(['bootstrap', 'operator']);
    expect(whoMay(/\.STREAM\.DELETE\./)).toEqual([]);
    expect(whoMay(/\.CONSUMER\.DELETE\./)).toEqual(['operator']);
  });

  it('refuses a client without a certificate, with one of another authority, and with an expired one', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'newsjet-certs-'));
    const write = async (name: string, { certificate, privateKey }: { certificate: string; privateKey: string }) => {
      const paths = { certFile: join(directory, `${name}.crt`), keyFile: join(directory, `${name}.key`) };
      await writeFile(paths.certFile, certificate);
      await writeFile(paths.keyFile, privateKey, { mode: 0o600 });
      return paths;
    };
    try {
      const { caFile } = cluster.tls('news-creator');
      const stranger = await issueAuthority();
      const foreign = await write(
        'foreign',
        await issueClientCertificate({ authority: stranger, identity: 'news-creator' }),
      );
      const expired = await write('expired', await issueExpired(cluster));
      const unknown = await write('unknown', await issueOwn(cluster, 'nobody'));
      const attempts = { none: {}, foreign, expired, unknown };
      for (const [name, files] of Object.entries(attempts)) {
        const outcome = connect({
          servers: cluster.cluster.urls,
          tls: { caFile, ...files },
          reconnect: false,
          timeout: 5_000,
        });
        await expect(outcome, name).rejects.toThrow();
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('refuses a route without a certificate or with a worker’s', async () => {
    for (const identity of [undefined, 'news-creator', 'bootstrap']) {
      expect(await routeAccepted(cluster, identity), identity ?? 'no certificate').toBe(false);
    }
    expect(await routeAccepted(cluster, 'server'), 'a server').toBe(true);
  });
});

const authorityOf = async (cluster: TestCluster) => ({
  certificate: await readFile(join(cluster.directory, 'certs/ca.crt'), 'utf8'),
  privateKey: await readFile(join(cluster.directory, 'certs/ca.key'), 'utf8'),
});

const issueOwn = async (cluster: TestCluster, identity: string) =>
  issueClientCertificate({ authority: await authorityOf(cluster), identity });

const issueExpired = async (cluster: TestCluster) =>
  issueClientCertificate({
    authority: await authorityOf(cluster),
    identity: 'news-creator',
    notBefore: new Date(Date.now() - 120_000),
    notAfter: new Date(Date.now() - 60_000),
  });

/** Dials a server's cluster port as another server would, and tells whether it goes on talking to us. */
async function routeAccepted(cluster: TestCluster, identity: string | undefined): Promise<boolean> {
  const { caFile, certFile, keyFile } = cluster.tls(identity ?? 'news-creator');
  const own = identity ? { cert: await readFile(certFile), key: await readFile(keyFile) } : {};
  // Between servers TLS comes first of all, unlike between client and server.
  const port = cluster.clusterPort(0);
  const socket = connectTls({ host: '127.0.0.1', port, ca: await readFile(caFile), servername: 'localhost', ...own });
  let said = '';
  let closed = false;
  socket.on('data', (data: Buffer) => {
    said += data.toString();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  socket.write(`CONNECT ${JSON.stringify({ name: 'ROGUE', cluster: 'newsjet', tls_required: true })}\r\nPING\r\n`);
  const accepted = await waitFor('an answer of the cluster port', 60_000, () =>
    said.includes('PONG') ? ['yes'] : closed || said.includes('-ERR') ? ['no'] : undefined,
  );
  socket.destroy();
  return accepted[0] === 'yes';
}
