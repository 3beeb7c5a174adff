// Traces as a collector gets them from real workers: from the fetch of a document to its items in the database, and why not.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { HEADER, NEWS_PROCESSED } from '../../workers/contract/subjects.ts';
import { TestDatabase } from '../../workers/news-creator/testing/database.ts';
import { parseTraceparent } from '../../workers/runtime/trace.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';
import { type CollectedSpan, Collector } from '../support/collector.ts';
import { Observer } from '../support/observer.ts';

const SOON_MS = 60_000;
const GRACE_MS = 30_000;

const feed = (...titles: readonly string[]): string =>
  `<rss version="2.0"><channel><title>f</title>${titles.map((title) => `<item><title>${title}</title></item>`).join('')}</channel></rss>`;
const DOCUMENTS: Readonly<Record<string, string>> = {
  '/world': feed('Bridge reopens', 'Fair begins'),
  '/still': feed('Nothing happens'),
  '/broken': '<!doctype html><html><body>Not found</body></html>',
  '/sport': feed('A draw'),
};

let server: Server;
const asked: string[] = [];
let collector: Collector;
let database: TestDatabase;
let cluster: TestCluster;
let observer: Observer;
let coverage: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const document = DOCUMENTS[request.url ?? ''];
    response.writeHead(document === undefined ? 500 : 200).end(document);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const polled = (name: string, every: string, query = ''): string =>
    `{ url: "${address}/${name}${query}", every: ${every}, name: ${name} }`;
  const papers = [
    polled('world', '1h'),
    polled('still', '1s'),
    polled('broken', '1h'),
    polled('failing', '1h', '?key=hunter2'),
  ];
  const definition = `nats: { servers: 1 }
sources:
  papers: { kind: rss, allowPrivateAddresses: true, feeds: [${papers.join(', ')}] }
  times: { kind: rss, allowPrivateAddresses: true, feeds: [${polled('sport', '1h')}] }
`;
  coverage = await mkdtemp(join(tmpdir(), 'newsjet-loaded-'));
  [cluster, database, collector] = await Promise.all([
    TestCluster.start(definition, { extraIdentities: [OBSERVER] }),
    TestDatabase.start(),
    Collector.start(),
  ]);
  const { exit, output } = await cluster.bootstrap();
  expect(exit.code, output).toBe(0);
  observer = await Observer.connect(cluster);
});
afterAll(async () => {
  await Promise.all([cluster?.stop(), database?.stop(), collector?.close()]);
  server?.close();
  if (coverage) await rm(coverage, { recursive: true, force: true });
});

/** Spans of a trace as a tree: a line each, indented by how many came before it, siblings by name. */
function tree(spans: readonly CollectedSpan[], parent?: string, depth = 0): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .sort((a, b) => a.name.localeCompare(b.name))
    .flatMap(({ name, kind, resource, spanId, status }) => [
      `${'  '.repeat(depth)}${resource['service.name']}: ${name}, ${kind}${status.code === 2 ? ', failed' : ''}`,
      ...tree(spans, spanId, depth + 1),
    ]);
}

const traceOf = (traceId: string | undefined): CollectedSpan[] =>
  collector.spans.filter((span) => span.traceId === traceId);
/** The trace of a document of a feed, once it has so many spans. */
const traceOfFeed = (name: string, count: number): Promise<CollectedSpan[]> =>
  waitFor(`${count} spans of ${name}`, SOON_MS, () => {
    const root = collector.spans.find(
      ({ attributes, parentSpanId }) => attributes['newsjet.feed'] === name && !parentSpanId,
    );
    const spans = traceOf(root?.traceId);
    return spans.length >= count ? spans : undefined;
  });

const warnings = (worker: Child): Record<string, unknown>[] =>
  worker
    .lastLines(1_000)
    .split('\n')
    .flatMap((text) => (text.startsWith('{') ? [JSON.parse(text)] : []))
    .filter(({ level }) => level === 'warn');

/** Names of the modules that processes have loaded, by Node's own account, once they have ended. */
async function loaded(directory: string): Promise<Set<string>> {
  const texts = await Promise.all((await readdir(directory)).map((file) => readFile(join(directory, file), 'utf8')));
  const urls = texts.flatMap((text) => (JSON.parse(text).result as { url: string }[]).map(({ url }) => url));
  return new Set(urls.filter((url) => url.startsWith('file:')).map((url) => url.split('/').at(-1) as string));
}

it('are whole across processes, tell why a document or a fetch failed, and hold up nothing', {
  timeout: 180_000,
}, async () => {
  const [nobody] = await freePorts(1);
  const collected = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
  const modules = (name: string): Record<string, string> => ({ NODE_V8_COVERAGE: join(coverage, name) });
  cluster.startDeclared('news-creator', { MONGODB_URI: database.uri, ...collected });
  const consumer = cluster.startDeclared('papers-consumer', { ...collected, ...modules('with') });
  cluster.startDeclared('papers-exporter', collected);
  // Of another source: the exporter's collector is away, the consumer has none.
  const without = cluster.startDeclared('times-consumer', modules('without'));
  const alone = cluster.startDeclared('times-exporter', {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${nobody}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
  });

  const world = await traceOfFeed('world', 10);
  expect(tree(world)).toEqual([
    'papers-exporter: process FEEDS.due.papers.*, consumer',
    '  papers-exporter: GET, client',
    '  papers-exporter: publish SOURCES.papers, producer',
    '    papers-consumer: process SOURCES.papers, consumer',
    ...[1, 2].flatMap(() => [
      '      papers-consumer: publish NEWS.received, producer',
      '        news-creator: process NEWS.received, consumer',
      '          news-creator: publish NEWS.processed, producer',
    ]),
  ]);
  const stored = world.filter(({ name }) => name === 'process NEWS.received');
  expect(stored.map(({ attributes }) => attributes['newsjet.outcome'])).toEqual(['created', 'created']);
  // What was written at once is a trace of its own.
  for (const { links } of stored) {
    const [write] = await waitFor('the write', SOON_MS, () => {
      const spans = traceOf(links[0]?.traceId);
      return spans.length > 0 && spans;
    });
    expect(write).toMatchObject({ name: 'bulkWrite news', kind: 'client', spanId: links[0]?.spanId });
    expect(write?.resource['service.name']).toBe('news-creator');
  }
  // The ids are those in the messages.
  const messages = await waitFor('all items', SOON_MS, async () => {
    const all = await observer.messages(NEWS_PROCESSED);
    return all.length === 4 ? all : undefined;
  });
  const steps = messages.map(({ header }) => parseTraceparent(header(HEADER.traceparent)));
  const published = world.filter(({ name }) => name === 'publish NEWS.processed').map(({ spanId }) => spanId);
  expect(
    steps
      .filter((step) => step?.traceId === world[0]?.traceId)
      .map((step) => step?.spanId)
      .sort(),
  ).toEqual(published.sort());

  const broken = await traceOfFeed('broken', 4);
  expect(tree(broken)).toEqual([
    'papers-exporter: process FEEDS.due.papers.*, consumer',
    '  papers-exporter: GET, client',
    '  papers-exporter: publish SOURCES.papers, producer',
    '    papers-consumer: process SOURCES.papers, consumer, failed',
  ]);
  const [letter] = await waitFor('a dead letter', SOON_MS, async () => {
    const letters = await observer.deadLetters('papers-consumer');
    return letters.length > 0 ? letters : undefined;
  });
  const failed = broken.find(({ status }) => status.code === 2);
  expect(failed?.status.message).toBe(letter?.header(HEADER.dlqReason));
  expect(failed?.attributes).toMatchObject({ 'error.type': 'unreadable', 'newsjet.stream': 'SOURCES' });

  const failing = await traceOfFeed('failing', 2);
  expect(tree(failing)).toEqual([
    'papers-exporter: process FEEDS.due.papers.*, consumer',
    '  papers-exporter: GET, client, failed',
  ]);
  expect(failing.find(({ name }) => name === 'GET')?.status.message).toContain('500');

  // Polls that bring nothing new have no trace, however many there are.
  await waitFor('four polls', SOON_MS, () => asked.filter((path) => path === '/still').length >= 4);
  await traceOfFeed('still', 1);
  const roots = collector.spans.filter(
    ({ attributes, parentSpanId }) => attributes['newsjet.feed'] === 'still' && !parentSpanId,
  );
  expect(roots).toHaveLength(1);

  const told = JSON.stringify(collector.spans);
  for (const secret of ['hunter2', 'Bridge reopens', '<rss', 'Not found']) expect(told).not.toContain(secret);

  await waitFor('a warning', SOON_MS, () => warnings(alone).length > 0);
  const exits = await Promise.all([consumer, without, alone].map((worker) => worker.stop(GRACE_MS)));
  expect(exits.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(warnings(alone)).toMatchObject([{ msg: 'spans were not exported' }]);
  expect(warnings(without)).toEqual([]);
  expect(await loaded(join(coverage, 'with'))).toEqual(new Set(['main.mjs', 'otlp.mjs']));
  expect(await loaded(join(coverage, 'without'))).toEqual(new Set(['main.mjs']));
});
