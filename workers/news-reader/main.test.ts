// The worker as a process, as it is bundled, with a real database that goes away and comes back.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Collection, MongoClient } from 'mongodb';
import Parser from 'rss-parser';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { workerBundle } from '../../test/support/paths.ts';
import { TestDatabase } from '../../test/support/test-database.ts';
import type { NewsPage, NewsProblem } from '../contract/news-api.ts';
import type { NewsDocument } from '../contract/stored-news.ts';
import { createMongoClient } from '../runtime/mongo.ts';
import { newsDocument } from './testing/documents.ts';

const START_TIMEOUT_MS = 20_000;
const AWAY_TIMEOUT_MS = 10_000;
let directory: string;
let database: TestDatabase;
let client: MongoClient;
let collection: Collection<NewsDocument>;
let reader: Child;
let url: string;

const start = (environment: Readonly<Record<string, string>>): Child =>
  new Child({
    name: 'news-reader',
    command: process.execPath,
    args: [workerBundle('news-reader')],
    environment: { WORKER: 'news-reader', ...environment },
    logFile: join(directory, 'reader.log'),
  });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-reader-'));
  database = await TestDatabase.start();
  client = createMongoClient(database.uri, 'test');
  collection = client.db('news-test').collection('news');
  const [port] = (await freePorts(1)) as [number];
  url = `http://127.0.0.1:${port}`;
  reader = start({ MONGODB_URI: database.uri, MONGODB_DATABASE: 'news-test', HTTP_PORT: String(port) });
  await waitFor('the reader is ready', START_TIMEOUT_MS, async () => {
    if (reader.exit) throw new Error(reader.lastLines(10));
    return (await fetch(`${url}/readyz`)).ok;
  });
});
afterAll(async () => {
  await reader?.stop(5_000);
  await client?.close();
  await database?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function news(search: string): Promise<NewsPage> {
  const response = await fetch(`${url}/api/news${search}`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  return (await response.json()) as NewsPage;
}
const titles = async (search: string): Promise<string[]> => (await news(search)).items.map(({ title }) => title);
const byQuery = (query: string): Promise<string[]> => titles(`?q=${encodeURIComponent(query)}`);

describe('the API', () => {
  const DOCUMENTS = [
    newsDocument(1, { title: 'Élection à Paris : le second tour', sources: ['le-monde'] }),
    newsDocument(2, { title: 'Paris-Roubaix won in the rain', sources: ['papers', 'agency'] }),
    newsDocument(3, { title: 'A parish fair (c++ and .* welcome)', sources: ['agency'] }),
    newsDocument(4, { title: '東京で地震', sources: ['papers'], author: 'A. Author', date: null }),
    // As it was stored before there was a search.
    (({ terms: _, ...old }: NewsDocument): NewsDocument => old)(
      newsDocument(5, { title: 'Paris of old', sources: ['archive'] }),
    ),
  ];
  const [, , , tokyo] = DOCUMENTS as [NewsDocument, NewsDocument, NewsDocument, NewsDocument];
  beforeAll(async () => {
    await collection.deleteMany({});
    await collection.insertMany([...DOCUMENTS]);
  });

  it('gives the latest first, whole', async () => {
    const { items, next } = await news('');
    expect(items.map(({ id }) => id)).toEqual([...DOCUMENTS].reverse().map(({ _id }) => _id));
    expect(next).toBeNull();
    expect(items[1]).toEqual({
      id: tokyo._id,
      title: '東京で地震',
      description: 'The bridge 4 is open again.',
      date: null,
      link: 'https://papers.example/4',
      author: 'A. Author',
      image: null,
      language: null,
      sources: ['papers'],
      storedAt: '2026-03-01T10:00:04.000Z',
    });
  });

  it.each([
    [
      'paris',
      ['A parish fair (c++ and .* welcome)', 'Paris-Roubaix won in the rain', 'Élection à Paris : le second tour'],
    ],
    ['ELECTION', ['Élection à Paris : le second tour']],
    ['élec tour', ['Élection à Paris : le second tour']],
    ['paris-roub', ['Paris-Roubaix won in the rain']],
    ['ris', []],
    ['paris missing', []],
    ['par age', ['A parish fair (c++ and .* welcome)', 'Paris-Roubaix won in the rain']],
    ['le-mon', ['Élection à Paris : le second tour']],
    ['archive', ['Paris of old']],
    ['東京', ['東京で地震']],
    ['c++', ['A parish fair (c++ and .* welcome)']],
    ['.*', []],
    [
      '^paris$',
      ['A parish fair (c++ and .* welcome)', 'Paris-Roubaix won in the rain', 'Élection à Paris : le second tour'],
    ],
    ['(', []],
    ['\\', []],
    ['-', []],
    ['a'.repeat(200), []],
  ])('finds for %j %j', async (query, found) => {
    expect(await byQuery(query)).toEqual(found);
  });

  it('keeps to the sources that are named', async () => {
    expect((await titles('?source=agency')).length).toBe(2);
    expect((await titles('?source=agency&source=le-monde')).length).toBe(3);
    expect(await titles('?source=agency&q=rain')).toEqual(['Paris-Roubaix won in the rain']);
    expect(await titles('?source=nobody')).toEqual([]);
  });

  it('says what is wrong with a question', async () => {
    for (const [search, message] of [
      ['?limit=0', 'limit is "0"'],
      ['?cursor=x', 'cursor is "x"'],
      ['?page=2', 'the parameter "page" is not known'],
    ]) {
      const response = await fetch(`${url}/api/news${search}`);
      expect(response.status).toBe(400);
      expect(((await response.json()) as NewsProblem).error).toContain(message);
    }
    const missing = await fetch(`${url}/api`);
    expect([missing.status, await missing.json()]).toEqual([
      404,
      { error: 'there is nothing here; allowed: /api/news, /feed.atom, /feed.rss, /feed.json' },
    ]);
    const posted = await fetch(`${url}/api/news`, { method: 'POST', body: '{}' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('says no more to who has it, and only the headers to HEAD', async () => {
    const first = await fetch(`${url}/api/news?limit=1`);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/);
    const again = await fetch(`${url}/api/news?limit=1`, { headers: { 'if-none-match': `"other", ${etag}` } });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    expect((await fetch(`${url}/api/news?limit=2`, { headers: { 'if-none-match': etag } })).status).toBe(200);
    const head = await fetch(`${url}/api/news?limit=1`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String((await first.arrayBuffer()).byteLength),
      '',
    ]);
  });

  it('measures by route', async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const counted = metrics.split('\n').find((line) => line.startsWith('newsjet_news_query_duration_seconds_count'));
    expect(counted).toMatch(/route="\/api\/news".*\} [1-9]/);
    expect(metrics).not.toContain('route="/metrics"');
  });
});

describe('paging', () => {
  // Several in a millisecond: a batch is stored at one time.
  const ALL = Array.from({ length: 57 }, (_, n) => newsDocument(Math.floor(n / 5), { title: `News ${n}` }));
  beforeAll(async () => {
    await collection.deleteMany({});
    await collection.insertMany(ALL);
  });

  it('walks through all exactly once, while new ones arrive', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; ; pages++) {
      const { items, next } = await news(`?limit=10&q=news&cursor=${cursor}`);
      seen.push(...items.map(({ title }) => title));
      if (next === null) break;
      expect(items).toHaveLength(10);
      await collection.insertOne(newsDocument(1_000 + pages, { title: `News that came with page ${pages}` }));
      cursor = next;
    }
    expect(seen).toHaveLength(57);
    expect([...seen].sort()).toEqual(ALL.map(({ title }) => title).sort());
  });
});

describe('feeds', () => {
  beforeAll(async () => {
    await collection.deleteMany({});
    await collection.insertMany([
      newsDocument(1, { sources: ['agency'] }),
      newsDocument(2, { title: 'Tunnel & <bridge> closed' }),
    ]);
  });

  it.each([
    ['/feed.atom', 'application/atom+xml; charset=utf-8'],
    ['/feed.rss', 'application/rss+xml; charset=utf-8'],
  ])('%s is read by others, and filtered', async (path, type) => {
    const response = await fetch(`${url}${path}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
    expect(response.headers.get('cache-control')).toBe('public, max-age=15');
    expect(response.headers.get('last-modified')).toBe('Sun, 01 Mar 2026 10:00:02 GMT');
    const feed = await new Parser().parseString(await response.text());
    expect(feed.items.map(({ link }) => link)).toEqual(['https://papers.example/2', 'https://papers.example/1']);
    const filtered = await (await fetch(`${url}${path}?source=agency&q=brid&limit=5`)).text();
    expect((await new Parser().parseString(filtered)).items.map(({ title }) => title)).toEqual(['Bridge 1 reopens']);
    const none = await (await fetch(`${url}${path}?q=nothing`)).text();
    expect((await new Parser().parseString(none)).items).toEqual([]);
  });

  it('/feed.json is a JSON Feed', async () => {
    const response = await fetch(`${url}/feed.json?source=papers`);
    expect(response.headers.get('content-type')).toBe('application/feed+json; charset=utf-8');
    expect(await response.json()).toMatchObject({
      version: 'https://jsonfeed.org/version/1.1',
      feed_url: `${url}/feed.json?source=papers`,
      items: [{ title: 'Tunnel & <bridge> closed', tags: ['papers'] }],
    });
  });

  it('says nothing twice to a reader that asks again', async () => {
    const first = await fetch(`${url}/feed.atom`);
    const etag = first.headers.get('etag') ?? '';
    const again = await fetch(`${url}/feed.atom`, { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    await collection.insertOne(newsDocument(3));
    expect((await fetch(`${url}/feed.atom`, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  it('knows its address behind a proxy, and refuses one that is none', async () => {
    const forwarded = { 'x-forwarded-host': 'news.example.org', 'x-forwarded-proto': 'https' };
    const feed = (await (await fetch(`${url}/feed.json`, { headers: forwarded })).json()) as { feed_url: string };
    expect(feed.feed_url).toBe('https://news.example.org/feed.json');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request(`${url}/feed.json`, { headers: { host: 'a"b' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
    expect(status).toBe(400);
    expect((await fetch(`${url}/feed.json?cursor=x`)).status).toBe(400);
  });
});

describe('a database that is away', () => {
  beforeEach(() => collection.deleteMany({}));

  it('is said to be so, and used again when it is back', async () => {
    expect(await titles('')).toEqual([]);
    await database.pause();
    try {
      const away = await waitFor('the database is missed', AWAY_TIMEOUT_MS, async () => {
        const response = await fetch(`${url}/api/news`);
        return response.status === 503 ? response : undefined;
      });
      expect(away.headers.get('retry-after')).toBe('5');
      expect(((await away.json()) as NewsProblem).error).toContain('the database does not answer');
      expect((await fetch(`${url}/feed.atom`)).status).toBe(503);
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      // What is wrong is wrong whatever the database does.
      expect((await fetch(`${url}/api/news?limit=x`)).status).toBe(400);
    } finally {
      await database.resume();
    }
    await waitFor('news again', START_TIMEOUT_MS, async () => (await fetch(`${url}/api/news`)).ok);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const log = await readFile(reader.logFile, 'utf8');
    expect(log.match(/the database does not answer/g)).toHaveLength(1);
    expect(log.match(/the database answers again/g)).toHaveLength(1);
  });

  it('is waited for at the start, and a signal ends the wait', async () => {
    const [port] = (await freePorts(1)) as [number];
    const waiting = start({ MONGODB_URI: 'mongodb://127.0.0.1:1/?directConnection=true', HTTP_PORT: String(port) });
    try {
      const response = await waitFor('an answer', START_TIMEOUT_MS, () =>
        fetch(`http://127.0.0.1:${port}/api/news`).catch(() => undefined),
      );
      expect(response.status).toBe(503);
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
      expect([ready.status, await ready.text()]).toEqual([
        503,
        'waiting for the database: the database has not answered yet\n',
      ]);
      waiting.kill('SIGTERM');
      expect((await waiting.exited).code).toBe(0);
    } finally {
      await waiting.stop(5_000);
    }
  });

  it('is not asked by a process that is told nothing of it', async () => {
    const { code } = await start({ PUBLIC_URL: 'news.example.org' }).exited;
    expect(code).toBe(2);
    const log = await readFile(join(directory, 'reader.log'), 'utf8');
    expect(log).toContain('MONGODB_URI is not set (MONGODB_URI_FILE may name a file that holds it)');
    expect(log).toContain('PUBLIC_URL is "news.example.org": allowed: an address such as https://news.example.org');
  });
});
