// Reports of several servers, answered over a real server: none is left out, however they come.
import { gzipSync } from 'node:zlib';
import { headers, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { askServers, ServerReportError } from './server-reports.ts';

const DEFINITION = 'nats: { servers: 1 }\nsources: { s: { kind: rss, feeds: [{ url: https://a.example/rss }] } }';
const NAMES = ['nats-0', 'nats-1', 'nats-2'];
/** Large enough that reading it takes a moment, in which the next one comes. */
const PADDING = 'report '.repeat(500_000);

let cluster: TestCluster;
let connection: NatsConnection;
beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  connection = await cluster.connect(OBSERVER.name);
});
afterAll(() => cluster?.stop());

/** Answers each question on a subject as servers would, one after the other. */
async function answer(subject: string, answers: readonly object[]): Promise<void> {
  const servers = await cluster.connect(OBSERVER.name);
  const compressed = headers();
  compressed.set('Content-Encoding', 'gzip');
  const bodies = answers.map((each) => gzipSync(JSON.stringify(each)));
  servers.subscribe(subject, {
    callback: async (_, { reply = '' }) => {
      for (const body of bodies) {
        servers.publish(reply, body, { headers: compressed });
        await servers.flush();
      }
    },
  });
  await servers.flush();
}
const report = (name: string): object => ({ server: { name }, data: { name, padding: PADDING } });
const ask = (subject: string, servers = NAMES.length) =>
  askServers<{ name: string }>(connection, subject, {}, { servers, timeoutMs: 30_000 });

it('has a report of every server, though they come while others are read', async () => {
  await answer('reports.all', NAMES.toReversed().map(report));
  for (let round = 0; round < 10; round += 1) {
    expect((await ask('reports.all')).map(({ server, data }) => [server, data.name])).toEqual(
      NAMES.map((name) => [name, name]),
    );
  }
});

it('leaves out a server that refuses, and says why where all of them do', async () => {
  const refusal = { server: { name: 'nats-1' }, error: { code: 400, description: 'unknown field' } };
  await answer('reports.some', [report('nats-0'), refusal]);
  expect((await ask('reports.some', 2)).map(({ server }) => server)).toEqual(['nats-0']);
  await answer('reports.none', [refusal]);
  await expect(ask('reports.none', 1)).rejects.toThrow(new ServerReportError('reports.none: unknown field'));
});
