// news-creator between a real server and a real database, in this process and as a process that is killed.
import { type Collection, type MongoClient, MongoNetworkError } from 'mongodb';
import {
  AckPolicy,
  headers,
  type JetStreamManager,
  type JetStreamPublishOptions,
  type JsMsg,
  type NatsConnection,
} from 'nats';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { NEWS_ITEM, type NewsItem, PROCESSED_NEWS } from '../contract/messages.ts';
import { METRICS } from '../contract/metrics.ts';
import type { NewsDocument } from '../contract/stored-news.ts';
import {
  DLQ_STREAM,
  HEADER,
  NEWS_PROCESSED,
  NEWS_RECEIVED,
  NEWS_STREAM,
  PROCESSED_STREAM,
} from '../contract/subjects.ts';
import { lastMessage } from '../runtime/direct-get.ts';
import { Intake } from '../runtime/intake.ts';
import { createMongoClient } from '../runtime/mongo.ts';
import { jetStream } from '../runtime/nats.ts';
import { Publisher } from '../runtime/publisher.ts';
import { type FinishedSpan, Spans } from '../runtime/spans.ts';
import { recordingLog } from '../runtime/testing/log.ts';
import { eachBatch } from '../runtime/work.ts';
import { Creation } from './creation.ts';
import { type Arrival, NewsStore, type Stored } from './news-store.ts';
import { TestDatabase } from './testing/database.ts';
import { newsItem } from './testing/items.ts';

const CREATOR = 'news-creator';
const DEFINITION = `
nats: { servers: 1 }
sources: { papers: { kind: rss, feeds: [{ url: https://papers.example/rss }] } }
workers: { news-creator: { ackWait: 2s, batch: 200 } }
`;
const SOON_MS = 15_000;
/** For what waits for a database or a process to come back, and works off all that came meanwhile. */
const RECOVERY_MS = 60_000;
/** More than all the waits within. */
const RECOVERY_TEST = { timeout: 240_000 };

let cluster: TestCluster;
let database: TestDatabase;
let connection: NatsConnection;
let manager: JetStreamManager;
let client: MongoClient;
let collection: Collection<NewsDocument>;
let publisher: Publisher;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  [cluster, database] = await Promise.all([
    TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] }),
    TestDatabase.start(),
  ]);
  expect((await cluster.bootstrap()).exit.code).toBe(0);
  connection = await cluster.connect(OBSERVER.name);
  manager = await connection.jetstreamManager();
  client = createMongoClient(database.uri, 'test');
  collection = client.db('newsjet').collection('news');
  publisher = new Publisher(jetStream(connection), {
    maxBytes: 1e6,
    log: recordingLog().log,
    registry: new Registry(),
  });
  // What is published stays until this one has acknowledged it, which it does only when it counts.
  await manager.consumers.add(PROCESSED_STREAM, { durable_name: 'counter', ack_policy: AckPolicy.Explicit });
});
afterAll(async () => {
  await client?.close();
  await Promise.all([cluster?.stop(), database?.stop()]);
});

let run = 0;
beforeEach(async () => {
  run++;
  for (const stream of [NEWS_STREAM, PROCESSED_STREAM, DLQ_STREAM]) await manager.streams.purge(stream);
  await collection.deleteMany({});
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** An item of this test alone: the stream remembers the ids of the tests before. */
const item = (n: number, more: Partial<NewsItem> = {}): NewsItem => newsItem(`${run}-${n}`, more);
let lastReceived = 0;
async function receive(items: readonly unknown[], options: Partial<JetStreamPublishOptions> = {}): Promise<void> {
  const publish = (body: unknown) => jetStream(connection).publish(NEWS_RECEIVED, JSON.stringify(body), options);
  const confirmations = await Promise.all(items.map(publish));
  lastReceived = Math.max(lastReceived, ...confirmations.map(({ seq }) => seq));
}
const consumerInfo = () => manager.consumers.info(NEWS_STREAM, CREATOR);
const allSettled = (timeoutMs = SOON_MS) =>
  waitFor('all to be settled', timeoutMs, async () => {
    const { num_pending, num_ack_pending, ack_floor } = await consumerInfo();
    // Its leader may learn of a message a little after that of the stream has confirmed it.
    return num_pending + num_ack_pending === 0 && ack_floor.stream_seq >= lastReceived;
  });

/** Everything on NEWS.processed; to be called once a test, since what was read before is not counted. */
async function processed(): Promise<JsMsg[]> {
  const consumer = await jetStream(connection).consumers.get(PROCESSED_STREAM, 'counter');
  const count = (await manager.streams.info(PROCESSED_STREAM)).state.messages;
  if (count === 0) return [];
  // It may learn of a message a little after the stream.
  await waitFor('the counter to know of all', SOON_MS, async () => (await consumer.info()).num_pending === count);
  const messages: JsMsg[] = [];
  for await (const message of await consumer.fetch({ max_messages: count, expires: SOON_MS })) {
    messages.push(message);
    message.ack();
  }
  return messages;
}
const ids = (messages: readonly JsMsg[]): string[] => messages.map((message) => message.json<NewsItem>().id).sort();

/** Every item is in the database once and on NEWS.processed once. */
async function expectExactly(items: readonly NewsItem[]): Promise<void> {
  const distinct = [...new Set(items.map(({ id }) => id))].sort();
  expect(ids(await processed())).toEqual(distinct);
  const documents = await collection.find({}, { projection: { _id: 1 } }).toArray();
  expect(documents.map(({ _id }) => _id).sort()).toEqual(distinct);
  expect((await manager.streams.info('DLQ')).state.messages).toBe(0);
}

/** Runs creation in this process, with a store of the test's choice. */
async function start(store: Pick<NewsStore, 'add'> = new NewsStore(collection), spans?: Spans) {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { log, lines } = recordingLog();
  const registry = new Registry();
  const options = { stream: NEWS_STREAM, consumer: CREATOR, batch: 200, registry };
  const stop = { stopping: signal, abandoning: signal };
  const intake = new Intake({ ...options, client: jetStream(connection), ackWaitMs: 2_000, log, stop });
  await intake.open();
  const creation = new Creation({ store: store as NewsStore, publisher, intake, log, registry, spans, signal });
  const ended = eachBatch(intake, { ...options, concurrency: 2 }, (batch) => creation.process(batch));
  ends.push(async () => {
    stopping.abort();
    await ended;
    await intake.close();
  });
  return { lines, registry };
}

/** Runs the worker as the process that it is. */
function startProcess(environment: Readonly<Record<string, string>> = {}): Child {
  const child = cluster.startDeclared(CREATOR, { MONGODB_URI: database.uri, ...environment });
  ends.push(() => child.stop(SOON_MS));
  return child;
}

describe('creation', () => {
  it('stores what is new and publishes it, with the time when it was received', async () => {
    const { registry } = await start();
    const before = Date.now();
    await receive([item(1), item(2), item(1, { source: 'others' })]);
    await allSettled();
    const messages = await processed();
    expect(ids(messages)).toEqual([item(1).id, item(2).id].sort());
    const received = Date.parse(messages[0]?.headers?.get(HEADER.received) ?? '');
    expect(received).toBeGreaterThanOrEqual(before - 1_000);
    expect(messages[0]?.headers?.get(HEADER.schema)).toBe(`${PROCESSED_NEWS.subject}/${PROCESSED_NEWS.version}`);
    // None of them said when it was fetched.
    const latency = METRICS.storeLatency.name;
    expect(await registry.getSingleMetricAsString(latency)).toContain(`${latency}_count 0`);
    const metric = await registry.getSingleMetricAsString('newsjet_news_stored_total');
    expect(metric).toContain('outcome="created"} 2');
    expect(metric).toContain('outcome="known"} 1');
  });

  it('hands on the trace, says what is new, and measures it from its fetch, once', async () => {
    const { lines, registry } = await start();
    const traceId = 'c0ffee00c0ffee00c0ffee00c0ffee01';
    const all = headers();
    all.set(HEADER.traceparent, `00-${traceId}-feed00000000beef-01`);
    all.set(HEADER.fetched, new Date(Date.now() - 3_000).toISOString());
    for (const source of ['papers', 'others']) {
      await receive([item(1, { source })], { headers: all });
      await allSettled();
    }
    const [message] = await processed();
    expect(message?.headers?.get(HEADER.traceparent)).toMatch(`00-${traceId}-`);
    const stored = lines.filter(({ msg }) => msg === 'stored');
    expect(stored.map(({ level, created, known, traceIds }) => [level, created, known, traceIds])).toEqual([
      [30, 1, 0, [traceId]],
      [20, 0, 1, []],
    ]);
    const { values } = (await registry.getSingleMetric(METRICS.storeLatency.name)?.get()) ?? { values: [] };
    const sum = values.find((value) => 'metricName' in value && String(value.metricName).endsWith('_sum'))?.value;
    const count = values.find((value) => 'metricName' in value && String(value.metricName).endsWith('_count'))?.value;
    expect(count).toBe(1);
    expect(sum).toBeGreaterThanOrEqual(3);
  });

  it('tells of each message, of what is wrong with it, and of the write that they share', async () => {
    const told: FinishedSpan[] = [];
    const refusing: Pick<NewsStore, 'add'> = {
      add: async (arrivals) =>
        arrivals.map(({ item: { title } }) => (title === item(2).title ? { refused: 'too long' } : 'known')),
    };
    await start(refusing, new Spans((span) => told.push(span)));
    await receive([item(1), item(2), 'nonsense']);
    await allSettled();
    const byName = (name: string): FinishedSpan[] => told.filter((span) => span.name === name);
    const outcomes = byName('process NEWS.received').map(({ attributes, failure }) => [
      attributes['newsjet.outcome'] ?? attributes['error.type'],
      failure,
    ]);
    expect(outcomes.sort()).toEqual([
      ['known', undefined],
      ['refused', 'the database refuses it: too long'],
      ['unreadable', expect.stringContaining('NEWS.received')],
    ]);
    const writes = byName('bulkWrite news');
    const size = (span: FinishedSpan): number => Number(span.attributes['db.operation.batch.size']);
    expect(writes.reduce((sum, span) => sum + size(span), 0)).toBe(2);
    const linked = byName('process NEWS.received').flatMap(({ links }) => links);
    expect(new Set(linked)).toEqual(new Set(writes.map(({ step }) => step)));
    expect(linked).toHaveLength(2);
  });

  it('moves an invalid message to the DLQ, at the cost of no other', async () => {
    await start();
    await receive([item(1), { ...item(2), title: '' }, 'nonsense', item(3)]);
    await allSettled();
    expect(ids(await processed())).toEqual([item(1).id, item(3).id].sort());
    expect((await manager.streams.info('DLQ')).state.messages).toBe(2);
    const letter = await lastMessage(connection, 'DLQ', 'DLQ.NEWS.news-creator');
    expect(letter?.headers.get(HEADER.dlqReason)).toContain(`not a valid ${NEWS_ITEM.subject}/1 message`);
  });

  it('moves what the database refuses to the DLQ, at the cost of no other', async () => {
    const id = item(2).id;
    await client
      .db('newsjet')
      .collection<{ _id: string }>('news')
      .insertOne({ _id: id, sources: 'text' } as never);
    await start();
    await receive([item(1), item(2), item(3)]);
    await allSettled();
    expect(ids(await processed())).toEqual([item(1).id, item(3).id].sort());
    const letter = await lastMessage(connection, 'DLQ', 'DLQ.NEWS.news-creator');
    expect(letter?.headers.get(HEADER.dlqReason)).toMatch(/^the database refuses it: .*sources/);
  });

  it('writes again what the database has written without saying so, and publishes it once', async () => {
    const real = new NewsStore(collection);
    let attempts = 0;
    const { lines } = await start({
      add: async (arrivals: readonly Arrival[], repeated: boolean): Promise<Stored[]> => {
        const results = await real.add(arrivals, repeated);
        if (++attempts <= 2) throw new MongoNetworkError('the connection broke');
        return results;
      },
    });
    const items = Array.from({ length: 50 }, (_, n) => item(n));
    await receive(items);
    await allSettled();
    await expectExactly(items);
    expect(lines.some(({ reason }) => reason === 'the connection broke')).toBe(true);
  });

  it('gives back what fails for a reason of our own, and does not repeat it at once', async () => {
    const real = new NewsStore(collection);
    let attempts = 0;
    const { lines } = await start({
      add: async (arrivals: readonly Arrival[], repeated: boolean): Promise<Stored[]> => {
        if (++attempts === 1) throw new TypeError('undefined is not a function');
        return real.add(arrivals, repeated);
      },
    });
    await receive([item(1)]);
    await allSettled();
    await expectExactly([item(1)]);
    expect(attempts).toBe(2);
    expect(lines.some(({ delayMs, reason }) => Number(delayMs) >= 1_000 && /undefined/.test(String(reason)))).toBe(
      true,
    );
  });
});

describe('a process that ended', () => {
  /** Takes the message that waits, as a process does that will not live to acknowledge it. */
  async function take(): Promise<{ message: JsMsg; arrival: Arrival }> {
    const consumer = await jetStream(connection).consumers.get(NEWS_STREAM, CREATOR);
    const message = await consumer.next({ expires: 5_000 });
    if (!message) throw new Error('nothing was delivered');
    const { timestampNanos } = message.info;
    return { message, arrival: { item: message.json(), origin: { sequence: message.seq, timeNanos: timestampNanos } } };
  }

  it('between write and publish: what it wrote is published by another, once', async () => {
    await receive([item(1)]);
    const { arrival } = await take();
    expect(await new NewsStore(collection).add([arrival], false)).toEqual(['created']);
    await receive([item(1, { source: 'others' })]);
    await start();
    await allSettled();
    await expectExactly([item(1)]);
  });

  it('between write and publish until it was a dead letter: what it wrote is published when that is put back', async () => {
    await receive([item(1)]);
    const { message, arrival } = await take();
    expect(await new NewsStore(collection).add([arrival], false)).toEqual(['created']);
    message.term();
    const all = headers();
    all.set(HEADER.replayOf, `${message.seq}@${message.info.timestampNanos}`);
    await receive([item(1)], { headers: all });
    await start();
    await allSettled();
    await expectExactly([item(1)]);
  });

  it('between publish and acknowledgement: what it published is not published again', async () => {
    await receive([item(1)]);
    const { arrival } = await take();
    expect(await new NewsStore(collection).add([arrival], false)).toEqual(['created']);
    const messageId = `processed:${item(1).id}`;
    const publication = { subject: NEWS_PROCESSED, type: PROCESSED_NEWS, body: item(1), messageId };
    await publisher.publish(publication, new AbortController().signal);
    await start();
    await allSettled();
    await expectExactly([item(1)]);
  });
});

describe('the process', () => {
  it('loses and duplicates nothing while the database is away', RECOVERY_TEST, async () => {
    const child = startProcess();
    const items = Array.from({ length: 600 }, (_, n) => item(n));
    await receive(items.slice(0, 200));
    await allSettled();
    const load = receive(items.slice(200, 400));
    await database.pause();
    await load;
    await receive(items.slice(400));
    await waitFor('a word on it', SOON_MS, () => child.lastLines(100).includes('the database did not confirm'));
    await database.resume();
    await allSettled(RECOVERY_MS);
    await expectExactly(items);
    expect(child.exit).toBeUndefined();
  });

  it('loses and duplicates nothing when it is killed under load', RECOVERY_TEST, async () => {
    const distinct = 3_000;
    const items = Array.from({ length: 4_000 }, (_, n) => item(n % distinct));
    const load = receive(items);
    for (const share of [0.1, 0.4, 0.7]) {
      const child = startProcess();
      await waitFor('a part to be stored', SOON_MS, async () => {
        return (await collection.countDocuments()) > share * distinct;
      });
      await waitFor('it to be in the middle', SOON_MS, async () => {
        // However far it has come since we asked, it has something to do.
        const more = Array.from({ length: 50 }, (_, n) => item(items.length + n));
        items.push(...more);
        await receive(more);
        child.kill('SIGSTOP');
        if ((await consumerInfo()).num_ack_pending > 0) return true;
        child.kill('SIGCONT');
        return false;
      });
      child.kill('SIGKILL');
      await child.exited;
    }
    await load;
    startProcess();
    await allSettled(RECOVERY_MS);
    await expectExactly(items);
  });

  it('waits for a database that comes after it, and is alive meanwhile but not ready', RECOVERY_TEST, async () => {
    const [port] = (await freePorts(1)) as [number];
    const probe = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/${path}`);
      return [response.status, await response.text()];
    };
    await database.pause();
    let stopped: Child;
    let child: Child;
    try {
      [child, stopped] = [startProcess({ HTTP_PORT: String(port) }), startProcess()];
      for (const each of [child, stopped]) {
        await waitFor('the wait', SOON_MS, () => each.lastLines(100).includes('waiting for the database'));
      }
      expect(await probe('healthz')).toEqual([200, 'ok\n']);
      expect(await probe('readyz')).toEqual([503, expect.stringMatching(/^waiting for the database: .*ECONNREFUSED/)]);
      stopped.kill('SIGTERM');
      expect(await stopped.exited).toEqual({ code: 0, signal: null });
    } finally {
      await database.resume();
    }
    await receive([item(1)]);
    // The server may not have counted the message yet, and nothing waits then: that the process is ready comes first.
    await waitFor('the process to be ready', RECOVERY_MS, async () => (await probe('readyz'))[0] === 200);
    await allSettled(RECOVERY_MS);
    const reasons = child.lastLines(1_000).match(/"reason":"[^"]*"/g) ?? [];
    expect(reasons.filter((reason) => !reason.includes('ECONNREFUSED'))).toEqual([]);
    // Once it has answered, a database that is away is no reason to be taken for unready: nobody would gain.
    await database.pause();
    try {
      await receive([item(2)]);
      await waitFor('a word on it', SOON_MS, () => child.lastLines(100).includes('the database did not confirm'));
      expect(await probe('readyz')).toEqual([200, 'ok\n']);
    } finally {
      await database.resume();
    }
    await allSettled(RECOVERY_MS);
    await expectExactly([item(1), item(2)]);
  });
});
