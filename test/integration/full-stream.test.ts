// A full stream refuses, and what waits for it goes on as soon as it has room: nothing is lost, and nothing stands still for ever.
import type { JetStreamManager, NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Child } from '../../local/child.ts';
import { waitFor } from '../../local/wait.ts';
import { NEWS_CREATOR, NEWS_MONITOR } from '../../workers/contract/roles.ts';
import { DLQ_STREAM, NEWS_RECEIVED, NEWS_STREAM, PROCESSED_STREAM } from '../../workers/contract/subjects.ts';
import { TestDatabase } from '../../workers/news-creator/testing/database.ts';
import { newsItem } from '../../workers/news-creator/testing/items.ts';
import { reasonOf } from '../../workers/runtime/errors.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';

const LIMIT = 300;
const PUBLISHED = 500;
const MORE = 50;
const SOON_MS = 60_000;

let cluster: TestCluster;
let database: TestDatabase;
let connection: NatsConnection;
let manager: JetStreamManager;
let creator: Child;

beforeAll(async () => {
  [cluster, database] = await Promise.all([
    TestCluster.start('sources: { papers: { kind: rss, feeds: [{ url: https://papers.example/rss, every: 1h }] } }', {
      extraIdentities: [OBSERVER],
    }),
    TestDatabase.start(),
  ]);
  expect((await cluster.bootstrap()).exit.code).toBe(0);
  connection = await cluster.connect(OBSERVER.name);
  manager = await connection.jetstreamManager();
});
afterAll(async () => {
  await cluster?.stop();
  await database?.stop();
});

/** The stream removes what its consumer has acknowledged a little after the consumer knows of it. */
const settled = (): Promise<true> =>
  waitFor('all that was received is acknowledged, and gone', SOON_MS, async () => {
    const { num_pending: pending, num_ack_pending: inHand } = await manager.consumers.info(NEWS_STREAM, NEWS_CREATOR);
    return pending + inHand + (await held(NEWS_STREAM)) === 0;
  });
const held = async (stream: string): Promise<number> => (await manager.streams.info(stream)).state.messages;
const publish = (n: number) =>
  connection.jetstream().publish(NEWS_RECEIVED, JSON.stringify(newsItem(n)), { timeout: SOON_MS });
const range = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index);

it('refuses more than its limit, and drains once news-creator runs', async () => {
  // The declared limit, made small: filling the real one would only take longer.
  await manager.streams.update(NEWS_STREAM, { max_msgs: LIMIT });
  const outcomes = await Promise.allSettled(range(PUBLISHED).map(publish));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(LIMIT);
  const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  expect(reasonOf(refused.reason)).toContain('maximum messages exceeded');

  creator = cluster.startDeclared(NEWS_CREATOR, { MONGODB_URI: database.uri });
  await settled();
  expect(await held(PROCESSED_STREAM)).toBe(LIMIT);
});

it('of what is processed, it makes news-creator wait for the slowest consumer, and goes on without it', async () => {
  // No monitor runs here: nobody acknowledges.
  await manager.streams.update(PROCESSED_STREAM, { max_msgs: LIMIT });
  await Promise.all(range(MORE, PUBLISHED).map(publish));
  await waitFor('a word on it', SOON_MS, () => {
    const said = creator.lastLines(100);
    return said.includes('not confirmed, publishing again') && said.includes('maximum messages exceeded');
  });
  expect(await held(NEWS_STREAM)).toBe(MORE);
  expect(await held(PROCESSED_STREAM)).toBe(LIMIT);

  await manager.consumers.delete(PROCESSED_STREAM, NEWS_MONITOR);
  await settled();
  expect(await held(DLQ_STREAM)).toBe(0);
  expect(creator.exit).toBeUndefined();
});
