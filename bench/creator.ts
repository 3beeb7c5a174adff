// news-creator against the loop of one message a round trip that it replaced, both on the same cluster and database in one run.
import { type Collection, type Db, MongoClient } from 'mongodb';
import { AckPolicy, type JetStreamManager, RetentionPolicy } from 'nats';
import { Registry } from 'prom-client';
import { OBSERVER, TestCluster } from '../test/support/cluster.ts';
import type { NewsItem } from '../workers/contract/messages.ts';
import type { NewsDocument } from '../workers/contract/stored-news.ts';
import { NEWS_RECEIVED, NEWS_STREAM } from '../workers/contract/subjects.ts';
import { Creation } from '../workers/news-creator/creation.ts';
import { NewsStore } from '../workers/news-creator/news-store.ts';
import { TestDatabase } from '../workers/news-creator/testing/database.ts';
import { newsItem } from '../workers/news-creator/testing/items.ts';
import { Intake } from '../workers/runtime/intake.ts';
import { createLogger } from '../workers/runtime/log.ts';
import { jetStream } from '../workers/runtime/nats.ts';
import { Publisher } from '../workers/runtime/publisher.ts';
import { eachBatch } from '../workers/runtime/work.ts';

const ITEMS = Number(process.env.BENCH_ITEMS || 5_000);
const ROUNDS = 3;
const BATCH = 1_000;
const ACK_WAIT_MS = 30_000;
/** The old loop gets a share: it would only take longer, not a message faster. */
const LOOP_SHARE = 5;

const cluster = await TestCluster.start(
  'sources: { papers: { kind: rss, feeds: [{ url: https://papers.example/rss }] } }',
  {
    extraIdentities: [OBSERVER],
  },
);
const database = await TestDatabase.start();
const mongo = new MongoClient(database.uri);
try {
  const connection = await cluster.connect(OBSERVER.name);
  const manager = await connection.jetstreamManager();
  const loop: number[] = [];
  const batches: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    loop.push(await measure(manager, mongo.db(`loop${round}`), Math.ceil(ITEMS / LOOP_SHARE), oneByOne));
    batches.push(await measure(manager, mongo.db(`batches${round}`), ITEMS, inBatches));
  }
  print({
    items: ITEMS,
    rounds: ROUNDS,
    one_by_one_per_second: Math.round(median(loop)),
    news_creator_per_second: Math.round(median(batches)),
    ratio: Math.round((10 * median(batches)) / median(loop)) / 10,
  });
} finally {
  await mongo.close();
  await cluster.stop();
  await database.stop();
}

type Run = (db: Db, items: number) => Promise<void>;

/** Items a second, from a stream that holds them all to a stream that holds none. */
async function measure(manager: JetStreamManager, db: Db, items: number, run: Run): Promise<number> {
  await manager.streams.delete(NEWS_STREAM).catch(() => {});
  await manager.streams.add({
    name: NEWS_STREAM,
    subjects: ['NEWS.*'],
    retention: RetentionPolicy.Limits,
    num_replicas: 3,
  });
  await manager.consumers.add(NEWS_STREAM, {
    durable_name: 'creator',
    ack_policy: AckPolicy.Explicit,
    filter_subject: NEWS_RECEIVED,
    max_ack_pending: 4 * BATCH,
  });
  const client = manager.jetstream();
  // A fifth are duplicates, as in the newsroom's edition.
  const publish = (n: number) => client.publish(NEWS_RECEIVED, JSON.stringify(newsItem(n % Math.ceil(items * 0.8))));
  for (let n = 0; n < items; n += 500) {
    await Promise.all(Array.from({ length: Math.min(500, items - n) }, (_, index) => publish(n + index)));
  }
  const started = performance.now();
  await run(db, items);
  return (items * 1_000) / (performance.now() - started);
}

/** The article's loop, made safe: fetch one, look it up, insert it, publish it, acknowledge it, and only then the next. */
async function oneByOne(db: Db, items: number): Promise<void> {
  const connection = await cluster.connect(OBSERVER.name);
  const client = connection.jetstream();
  const consumer = await client.consumers.get(NEWS_STREAM, 'creator');
  const collection = db.collection<{ _id: string }>('news');
  for (let n = 0; n < items; n++) {
    const message = await consumer.next();
    if (!message) throw new Error('the stream is empty too early');
    const item = message.json<NewsItem>();
    if (!(await collection.findOne({ _id: item.id }))) {
      await collection.insertOne({ ...item, _id: item.id }, { writeConcern: { w: 'majority', journal: true } });
      await client.publish('NEWS.processed', JSON.stringify(item));
    }
    await message.ackAck();
  }
  await connection.close();
}

/** news-creator as it runs, but for its process. */
async function inBatches(db: Db, items: number): Promise<void> {
  const connection = await cluster.connect(OBSERVER.name);
  const client = jetStream(connection);
  const registry = new Registry();
  const log = createLogger('bench', 'error');
  const stopping = new AbortController();
  const stop = { stopping: stopping.signal, abandoning: new AbortController().signal };
  const consumer = { stream: NEWS_STREAM, consumer: 'creator' };
  const intake = new Intake({ client, ...consumer, batch: BATCH, ackWaitMs: ACK_WAIT_MS, log, registry, stop });
  const publisher = new Publisher(client, { maxBytes: 1_000_000, log, registry });
  const collection: Collection<NewsDocument> = db.collection('news');
  const creation = new Creation({
    store: new NewsStore(collection),
    publisher,
    intake,
    log,
    registry,
    signal: stop.abandoning,
  });
  await intake.open();
  let done = 0;
  await eachBatch(intake, { ...consumer, registry, batch: BATCH, concurrency: 2 }, async (deliveries) => {
    await creation.process(deliveries);
    done += deliveries.length;
    if (done >= items) stopping.abort();
  });
  await intake.close();
  await connection.close();
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

function print(figures: Readonly<Record<string, number>>): void {
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
  else for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${value}`);
}
