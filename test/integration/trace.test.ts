// One trace id from the fetch of a document to its items in the database: in the logs of the workers, and in their messages.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { METRICS } from '../../workers/contract/metrics.ts';
import { HEADER, NEWS_PROCESSED } from '../../workers/contract/subjects.ts';
import { TestDatabase } from '../../workers/news-creator/testing/database.ts';
import { parseTraceparent } from '../../workers/runtime/trace.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';
import { Observer } from '../support/observer.ts';

const SOON_MS = 60_000;
const DOCUMENTS: Readonly<Record<string, string>> = {
  '/world':
    '<rss version="2.0"><channel><title>World</title><item><title>Bridge reopens</title></item><item><title>Fair begins</title></item></channel></rss>',
  '/broken': '<!doctype html><html><body>Not found</body></html>',
};

type Line = Readonly<Record<string, unknown>>;

let server: Server;
let database: TestDatabase;
let cluster: TestCluster;
let observer: Observer;

beforeAll(async () => {
  server = createServer((request, response) => response.end(DOCUMENTS[request.url ?? ''] ?? ''));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const feeds = ['world', 'broken'].map((name) => `{ url: "${address}/${name}", every: 1h, name: ${name} }`);
  const definition = `nats: { servers: 1 }
sources:
  papers: { kind: rss, allowPrivateAddresses: true, feeds: [${feeds.join(', ')}] }
`;
  [cluster, database] = await Promise.all([
    TestCluster.start(definition, { extraIdentities: [OBSERVER] }),
    TestDatabase.start(),
  ]);
  const { exit, output } = await cluster.bootstrap();
  expect(exit.code, output).toBe(0);
  observer = await Observer.connect(cluster);
});
afterAll(async () => {
  await Promise.all([cluster?.stop(), database?.stop()]);
  server?.close();
});

/** A line that a worker has written, as soon as it has. */
const line = (worker: Child, what: string, like: Line): Promise<Line> =>
  waitFor(`"${what}" of ${worker.name}`, SOON_MS, () => {
    const lines = worker.lastLines(1_000).split('\n');
    const objects = lines.flatMap((text) => (text.startsWith('{') ? [JSON.parse(text) as Line] : []));
    return objects.find(
      (object) => object.msg === what && Object.entries(like).every(([key, value]) => object[key] === value),
    );
  });

const traceIdOf = (message: { header(name: string): string } | undefined): string | undefined =>
  parseTraceparent(message?.header(HEADER.traceparent) ?? '')?.traceId;

it('is found wherever the document and its items have been', async () => {
  const [port] = await freePorts(1);
  const creator = cluster.startDeclared('news-creator', { MONGODB_URI: database.uri, HTTP_PORT: String(port) });
  const consumer = cluster.startDeclared('papers-consumer');
  const exporter = cluster.startDeclared('papers-exporter');

  const fetched = await line(exporter, 'fetched', { feed: 'world' });
  expect(fetched).toMatchObject({
    level: 'info',
    worker: 'papers-exporter',
    source: 'papers',
    stream: 'SOURCES',
    sequence: expect.any(Number),
    status: 200,
    bytes: DOCUMENTS['/world']?.length,
    durationMs: expect.any(Number),
    traceId: expect.stringMatching(/^[\da-f]{32}$/),
  });
  const { traceId, sequence } = fetched;
  expect(await line(consumer, 'read', { traceId })).toMatchObject({
    worker: 'papers-consumer',
    ...{ source: 'papers', feed: 'world', stream: 'SOURCES', sequence, items: 2 },
  });
  const processed = await waitFor('two items', SOON_MS, async () => {
    const messages = await observer.messages(NEWS_PROCESSED);
    return messages.length === 2 ? messages : undefined;
  });
  expect(processed.map(traceIdOf)).toEqual([traceId, traceId]);
  // Each is a step of its own.
  expect(new Set(processed.map(({ header }) => header(HEADER.traceparent))).size).toBe(2);
  const stored = await line(creator, 'stored', { level: 'info' });
  expect(stored).toMatchObject({ worker: 'news-creator', stream: 'NEWS', known: 0, traces: 1, traceIds: [traceId] });
  await waitFor('both to be measured', SOON_MS, async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return new RegExp(`^${METRICS.storeLatency.name}_count\\{[^}]*\\} 2$`, 'm').test(metrics);
  });

  const broken = await line(exporter, 'fetched', { feed: 'broken' });
  expect(broken.traceId).not.toBe(traceId);
  const moved = await line(consumer, 'moved to the DLQ', { traceId: broken.traceId });
  expect(moved).toMatchObject({ level: 'warn', stream: 'SOURCES', consumer: 'papers-consumer', feed: 'broken' });
  const [letter] = await observer.deadLetters('papers-consumer');
  expect(traceIdOf(letter)).toBe(broken.traceId);
});
