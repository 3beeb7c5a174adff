// Readings of consumers on a real cluster of three.
import { AckPolicy, type JetStreamManager, type NatsConnection, nanos, RetentionPolicy } from 'nats';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../../test/support/cluster.ts';
import type { Identity } from '../../contract/permissions.ts';
import { inboxPrefix } from '../../contract/subjects.ts';
import { readConsumerLag } from './consumer-lag.ts';
import type { Reading } from './reading.ts';

const DEFINITION = 'sources: { s: { kind: rss, feeds: [{ url: https://a.example/rss }] } }';
const SOON_MS = 60_000;
/** Of a test: longer than its waits in turn. */
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 });
/** May do what reading takes, and no more. */
const READER: Identity = {
  name: 'reader',
  account: 'newsjet',
  publish: ['$JS.API.CONSUMER.INFO.T.*', '$JS.API.CONSUMER.INFO.ABSENT.*'],
  subscribe: [`${inboxPrefix('reader')}.>`],
};

let cluster: TestCluster;
let reader: NatsConnection;
let observer: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER, READER] });
  const again = { maxReconnectAttempts: -1, reconnectTimeWait: 100 };
  reader = await cluster.connect(READER.name, again);
  observer = await cluster.connect(OBSERVER.name, again);
  await waitFor('JetStream', SOON_MS, () => observer.jetstreamManager({ timeout: 1_000 }));
  manager = await observer.jetstreamManager({ checkAPI: false, timeout: 10_000 });
  const stream = { name: 'T', subjects: ['T.>'], retention: RetentionPolicy.Limits, num_replicas: 3 };
  await waitFor('a stream', SOON_MS, () => manager.streams.add(stream));
  // What is in hand stays so: nothing is delivered again meanwhile.
  const patience = { ack_policy: AckPolicy.Explicit, ack_wait: nanos(3_600_000) };
  const consumer = { ...patience, max_ack_pending: 50, filter_subject: 'T.a' };
  await manager.consumers.add('T', { ...consumer, durable_name: 'worker' });
  await manager.consumers.add('T', { ...consumer, durable_name: 'paused' });
});
afterAll(() => cluster?.stop());

const readUntil = (
  what: string,
  holds: (reading: Reading) => boolean,
  { stream = 'T', consumer = 'worker' } = {},
): Promise<Reading> =>
  waitFor(what, SOON_MS, async () => {
    const reading = await readConsumerLag({ connection: reader, stream, consumer });
    return holds(reading) && reading;
  });
/** A reading, but none that came too late. */
const inTime = (reading: Reading): boolean => reading.status === 'known' || reading.cause !== 'late';

it('tells what is pending, in hand and acknowledged, and how long the answer took', async () => {
  const client = observer.jetstream();
  // What the consumer filters out moves the sequences of the stream, and none of the consumer's.
  for (let n = 0; n < 7; n += 1) await client.publish(n % 2 === 0 ? 'T.a' : 'T.b', String(n));
  const consumer = await client.consumers.get('T', 'worker');
  const first = await consumer.next();
  await first?.ackAck();
  await consumer.next();
  const sentAtMs = Date.now();
  // A consumer may learn of a message a little later than its stream.
  const reading = await readUntil(
    'one in hand',
    (it) => it.status === 'known' && it.ackPending === 1 && it.pending === 2,
  );
  expect(reading).toMatchObject({
    ...{ status: 'known', pending: 2, ackPending: 1, redelivered: 0, delivered: 2, deliveredSequence: 3, ackFloor: 1 },
    ...{ waiting: 0, maxAckPending: 50 },
  });
  if (reading.status !== 'known') return;
  expect(reading.tookMs).toBeGreaterThan(0);
  expect(reading.tookMs).toBeLessThan(1_000);
  expect(reading.atMs).toBeGreaterThanOrEqual(sentAtMs);
  expect(reading.createdAtMs).toBeLessThan(sentAtMs);
});

it('tells of open requests for messages', async () => {
  const consumer = await observer.jetstream().consumers.get('T', 'worker');
  const rest = await consumer.fetch({ max_messages: 2, expires: SOON_MS });
  for await (const message of rest) message.ack();
  const next = consumer.next({ expires: SOON_MS });
  await readUntil('an open request', (reading) => reading.status === 'known' && reading.waiting === 1);
  await observer.jetstream().publish('T.a', 'the end');
  (await next)?.ack();
  await readUntil('its end', (reading) => reading.status === 'known' && reading.waiting === 0);
});

it.each([
  ['a consumer', 'T', 'absent', 'T/absent: consumer not found (10014)'],
  ['a stream', 'ABSENT', 'worker', 'ABSENT/worker: stream not found (10059)'],
])('knows nothing of %s that is missing', async (_, stream, consumer, reason) => {
  expect(await readUntil('a reading', inTime, { stream, consumer })).toMatchObject({
    status: 'unknown',
    cause: 'missing',
    reason,
  });
});

it('knows nothing of a paused consumer until it goes on', async () => {
  await manager.consumers.pause('T', 'paused', new Date(Date.now() + 3_600_000));
  const at = { consumer: 'paused' };
  const paused = await readUntil('the pause', (it) => it.status === 'unknown' && it.cause === 'paused', at);
  expect(paused).toMatchObject({ cause: 'paused', reason: 'T/paused is paused' });
  await manager.consumers.resume('T', 'paused');
  expect(await readUntil('its end', ({ status }) => status === 'known', at)).toMatchObject({ pending: 5 });
});

it('says so when its identity may not ask', async () => {
  const reading = await readUntil('a refusal', inTime, { stream: 'NEWS', consumer: 'news-creator' });
  expect(reading).toMatchObject({ status: 'unknown', cause: 'failed' });
  expect(reading).toHaveProperty('reason', expect.stringMatching(/can't ask about NEWS\/news-creator: .*Permissions/i));
});

it('says so when its connection is closed', async () => {
  const connection = await cluster.connect(READER.name);
  await connection.close();
  const reading = await readConsumerLag({ connection, stream: 'T', consumer: 'worker' });
  expect(reading).toMatchObject({ status: 'unknown', cause: 'failed' });
});

it('knows nothing without a quorum, and everything again with it', async () => {
  const before = await readUntil('a reading', ({ status }) => status === 'known');
  expect(before).toMatchObject({ delivered: 5 });
  await Promise.all([1, 2].map((index) => cluster.cluster.servers[index]?.stop(SOON_MS)));
  const seen: Reading[] = [];
  await readUntil('ignorance', (reading) => {
    seen.push(reading);
    return reading.status === 'unknown' && reading.cause !== 'failed';
  });
  // Until then the old leader may have told what it knew; nobody ever told of an empty consumer.
  for (const reading of seen) if (reading.status === 'known') expect(reading.delivered).toBe(5);
  await Promise.all([1, 2].map((index) => cluster.cluster.restart(index)));
  await readUntil('a reading', (reading) => reading.status === 'known' && reading.delivered === 5);
});
