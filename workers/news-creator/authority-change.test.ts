// news-creator as a process, when the authority that its database's certificate comes from is replaced.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Collection, MongoClient } from 'mongodb';
import type { JetStreamManager } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { issueAuthority, issueServerCertificate } from '../../certs/authority.ts';
import type { Child } from '../../local/child.ts';
import { waitFor } from '../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { TlsFront } from '../../test/support/tls-front.ts';
import type { NewsItem } from '../contract/messages.ts';
import type { NewsDocument } from '../contract/stored-news.ts';
import { DLQ_STREAM, NEWS_RECEIVED, NEWS_STREAM, PROCESSED_STREAM } from '../contract/subjects.ts';
import { createMongoClient } from '../runtime/mongo.ts';
import { jetStream } from '../runtime/nats.ts';
import { TestDatabase } from './testing/database.ts';
import { newsItem } from './testing/items.ts';

const DEFINITION = `
nats: { servers: 1 }
sources: { papers: { kind: rss, feeds: [{ url: https://papers.example/rss }] } }
workers: { news-creator: { ackWait: 5s } }
`;
// Longer than what reached a process as it ended waits until it is delivered to the next.
const SOON_MS = 40_000;

let cluster: TestCluster;
let database: TestDatabase;
let directory: string;
let caFile: string;
let manager: JetStreamManager;
let client: MongoClient;
let collection: Collection<NewsDocument>;
let publish: (items: readonly NewsItem[]) => Promise<unknown>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-authority-'));
  caFile = join(directory, 'ca.crt');
  [cluster, database] = await Promise.all([
    TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] }),
    TestDatabase.start(),
  ]);
  expect((await cluster.bootstrap()).exit.code).toBe(0);
  const connection = await cluster.connect(OBSERVER.name);
  manager = await connection.jetstreamManager();
  publish = (items) =>
    Promise.all(items.map((item) => jetStream(connection).publish(NEWS_RECEIVED, JSON.stringify(item))));
  client = createMongoClient(database.uri, 'test');
  collection = client.db('newsjet').collection('news');
});
afterAll(async () => {
  await client?.close();
  await Promise.all([cluster?.stop(), database?.stop()]);
  await rm(directory, { recursive: true, force: true });
});

/** An authority and what it has issued for the database. */
async function establish() {
  const authority = await issueAuthority();
  return { ca: authority.certificate, server: await issueServerCertificate({ authority, names: ['127.0.0.1'] }) };
}

const series = (from: number, count: number): NewsItem[] => Array.from({ length: count }, (_, n) => newsItem(from + n));
const start = (front: TlsFront): Child => cluster.startDeclared('news-creator', { MONGODB_URI: front.uri(caFile) });
const countOf = async (stream: string) => (await manager.streams.info(stream)).state.messages;
const says = (child: Child, pattern: RegExp) =>
  waitFor(String(pattern), SOON_MS, () => {
    if (child.exit) throw new Error(child.lastLines(3));
    return pattern.test(child.lastLines(100));
  });
const stored = (count: number) =>
  waitFor(`${count} to be stored`, SOON_MS, async () => {
    return (await collection.countDocuments()) === count && (await countOf(NEWS_STREAM)) === 0;
  });

/** More than all the waits within. */
const ALL_WAITS_MS = 300_000;
it('ends when it does not trust the database any more, and the next process loses nothing', {
  timeout: ALL_WAITS_MS,
}, async () => {
  const [before, after] = await Promise.all([establish(), establish()]);
  const front = await TlsFront.start(database.uri, before.server);
  await writeFile(caFile, before.ca);
  const old = start(front);
  await publish(series(0, 20));
  await stored(20);
  await writeFile(caFile, after.ca);
  front.replace(after.server);
  await publish(series(20, 20));
  expect(await waitFor('its end', SOON_MS, () => old.exit)).toEqual({ code: 1, signal: null });
  expect(old.lastLines(1)).toMatch(/"level":"error".*"reason":"the certificate of the database does not fit the files/);
  const next = start(front);
  await stored(40);
  expect(await countOf(PROCESSED_STREAM)).toBe(40);
  expect(await countOf(DLQ_STREAM)).toBe(0);

  // Before anything was stored it has nothing to lose by waiting, and reads the file again by itself.
  await next.stop(SOON_MS);
  const third = await establish();
  front.replace(third.server);
  const patient = start(front);
  await says(patient, /"reason":".*(certificate|issuer).*","msg":"waiting for the database"/);
  await writeFile(caFile, third.ca);
  await publish(series(40, 5));
  await stored(45);
  expect(patient.exit).toBeUndefined();
  await patient.stop(SOON_MS);
  await front.stop();
});
