// A stream that is full of what was received must not keep out what is processed, or nothing would ever move again.
import type { JetStreamManager, NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { NEWS_CREATOR } from '../../workers/contract/roles.ts';
import { NEWS_PROCESSED, NEWS_RECEIVED, NEWS_STREAM } from '../../workers/contract/subjects.ts';
import { TestDatabase } from '../../workers/news-creator/testing/database.ts';
import { newsItem } from '../../workers/news-creator/testing/items.ts';
import { reasonOf } from '../../workers/runtime/errors.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';

const LIMIT = 300;
const PUBLISHED = 500;
const SOON_MS = 20_000;

let cluster: TestCluster;
let database: TestDatabase;
let connection: NatsConnection;
let manager: JetStreamManager;

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

it('refuses more than its limit, and drains once news-creator runs', async () => {
  // The declared limit, made small: filling the real one would only take longer.
  await manager.streams.update(NEWS_STREAM, { max_msgs_per_subject: LIMIT });
  const client = connection.jetstream();
  const publish = (n: number) => client.publish(NEWS_RECEIVED, JSON.stringify(newsItem(n)));
  const outcomes = await Promise.allSettled(Array.from({ length: PUBLISHED }, (_, n) => publish(n)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(LIMIT);
  const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  expect(reasonOf(refused.reason)).toContain('maximum messages per subject exceeded');

  cluster.startDeclared(NEWS_CREATOR, { MONGODB_URI: database.uri });
  await waitFor('all that was received is acknowledged', SOON_MS, async () => {
    const { num_pending: pending, num_ack_pending: inHand } = await manager.consumers.info(NEWS_STREAM, NEWS_CREATOR);
    return pending + inHand === 0;
  });
  const { state } = await manager.streams.info(NEWS_STREAM, { subjects_filter: '>' });
  expect(state.subjects).toEqual({ [NEWS_PROCESSED]: LIMIT });
  await publish(PUBLISHED);
});
