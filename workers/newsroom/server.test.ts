import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEdition, describeEdition } from './edition.ts';
import { LIVE_FEEDS, liveFeed } from './live.ts';
import { type Newsroom, NewsroomListenError, startNewsroom } from './server.ts';
import { readDocument } from './test-reader.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Asks without a client's own conveniences: nothing is decompressed, no header is added. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { headers, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
      .on('error', reject)
      .end();
  });
}

const START = Date.UTC(2025, 5, 1, 12);
let now = START;
let newsroom: Newsroom;
let url: string;

beforeAll(async () => {
  newsroom = await startNewsroom({ host: '127.0.0.1', port: 0, now: () => now });
  url = newsroom.url;
});
afterAll(() => newsroom.close());

describe('live feeds over HTTP', () => {
  it.each(LIVE_FEEDS.map(({ name, path }) => ({ name, path })))('$path answers the feed', async ({ name, path }) => {
    const { status, headers, body } = await ask(url + path);
    expect(status).toBe(200);
    const contentType = String(headers['content-type']);
    expect((await readDocument({ contentType, body }))?.items).toHaveLength(20);
    expect(body).toEqual(liveFeed(name, now).render(url).body);
    expect(headers['cache-control']).toBe('public, max-age=1');
  });

  it('answers 304 to the validators it gave, until there is news', async () => {
    now = START;
    const first = await ask(`${url}/world.rss`);
    const { etag, 'last-modified': lastModified } = first.headers as Record<string, string>;
    expect(etag).toMatch(/^W\/"[0-9a-f]{32}"$/);
    const conditions: Record<string, string>[] = [
      { 'If-None-Match': etag as string },
      { 'If-None-Match': `"other", ${etag}` },
      { 'If-None-Match': '*' },
      { 'If-Modified-Since': lastModified as string },
      { 'If-None-Match': etag as string, 'If-Modified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' },
    ];
    for (const condition of conditions) {
      const again = await ask(`${url}/world.rss`, condition);
      expect(again.status, JSON.stringify(condition)).toBe(304);
      expect(again.body).toHaveLength(0);
      expect(again.headers.etag).toBe(etag);
    }
    const mismatch = { 'If-None-Match': '"other"', 'If-Modified-Since': lastModified as string };
    expect((await ask(`${url}/world.rss`, mismatch)).status).toBe(200);

    now = START + 60_000;
    for (const condition of conditions.filter((each) => each['If-None-Match'] !== '*')) {
      expect((await ask(`${url}/world.rss`, condition)).status, JSON.stringify(condition)).toBe(200);
    }
  });

  it('compresses for whoever accepts it, and for nobody else', async () => {
    const plain = await ask(`${url}/sports.atom`);
    expect(plain.headers['content-encoding']).toBeUndefined();
    const zipped = await ask(`${url}/sports.atom`, { 'Accept-Encoding': 'br, gzip;q=0.5' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.headers.vary).toBe('Accept-Encoding');
    expect(zipped.body.length).toBeLessThan(plain.body.length / 2);
    expect(gunzipSync(zipped.body)).toEqual(plain.body);
    const refused = await ask(`${url}/sports.atom`, { 'Accept-Encoding': 'gzip;q=0, br' });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('answers HEAD with the headers of GET and no body, and refuses other methods', async () => {
    const get = await ask(`${url}/science.json`);
    const head = await ask(`${url}/science.json`, {}, 'HEAD');
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
    expect(head.headers.etag).toBe(get.headers.etag);
    expect(head.body).toHaveLength(0);
    const post = await ask(`${url}/science.json`, {}, 'POST');
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD']);
  });
});

describe('the edition over HTTP', () => {
  it('serves every document as it was built, the empty one too', async () => {
    for (const feed of buildEdition({ baseUrl: url }).feeds) {
      const { status, headers, body } = await ask(url + feed.path);
      expect([status, headers['content-type']], feed.path).toEqual([200, feed.contentType]);
      expect(body.equals(feed.body), feed.path).toBe(true);
    }
  });

  it('says what must come of it', async () => {
    const { body } = await ask(`${url}/edition.json`);
    expect(JSON.parse(body.toString())).toEqual(describeEdition(buildEdition({ baseUrl: url })));
  });

  it('has as many items as it was told to', async () => {
    const small = await startNewsroom({ host: '127.0.0.1', port: 0, editionItems: 60 });
    try {
      const { body } = await ask(`${small.url}/edition.json`);
      expect(JSON.parse(body.toString())).toMatchObject({ received: 60, stored: 48 });
    } finally {
      await small.close();
    }
  });
});

describe('pages', () => {
  it('the front page lists every live feed, and the probe says ok', async () => {
    const page = (await ask(`${url}/`)).body.toString();
    for (const { path } of LIVE_FEEDS) expect(page).toContain(`href="${path}"`);
    const probe = await ask(`${url}/healthz`);
    expect([probe.status, probe.body.toString()]).toEqual([200, 'ok\n']);
  });

  it('every link of a live feed and of the edition leads to its article, and pictures exist', async () => {
    const paths = ['/business.rdf', '/broken.rss', '/edition/sports.atom'];
    for (const path of paths) {
      const { headers, body } = await ask(url + path);
      const read = await readDocument({ contentType: String(headers['content-type']), body });
      for (const { link, title } of read?.items.slice(0, 5) ?? []) {
        const article = await ask(new URL(link, url).href);
        expect(article.status, link).toBe(200);
        expect(article.headers['content-type']).toBe('text/html; charset=utf-8');
        expect(article.body.toString()).toContain(`<h1>${title.slice(0, 5)}`);
      }
    }
    const story = liveFeed('world', now).stories.find(({ hasImage }) => hasImage);
    const image = await ask(`${url}/images/${story?.id}.svg`);
    expect([image.status, image.headers['content-type']]).toEqual([200, 'image/svg+xml']);
    expect(image.body.toString()).toMatch(/^<svg xmlns/);
  });

  it('has no page for what there is not, and says so without repeating it', async () => {
    const paths = [
      '/nothing',
      '/articles/zzzzzzzz',
      '/articles/',
      '/articles/%3Cscript%3E',
      '/images/edition-1',
      '/articles/edition-1.svg',
    ];
    for (const path of paths) {
      const { status, body } = await ask(url + path);
      expect([status, body.toString()], path).toEqual([404, 'no such page; / lists the feeds\n']);
    }
  });

  it('forbids scripts and guessed types', async () => {
    const { headers } = await ask(`${url}/`);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});

describe('startNewsroom', () => {
  it('says what is wrong when the port is taken', async () => {
    const port = Number(new URL(url).port);
    const taken = startNewsroom({ host: '127.0.0.1', port });
    await expect(taken).rejects.toThrow(NewsroomListenError);
    await expect(taken).rejects.toThrow(`127.0.0.1:${port} (EADDRINUSE): another process listens there`);
  });

  it('refuses an interval or an edition that makes no sense', async () => {
    const place = { host: '127.0.0.1', port: 0 };
    await expect(startNewsroom({ ...place, intervalMs: 0 })).rejects.toThrow('every 0 ms');
    await expect(startNewsroom({ ...place, editionItems: 7 })).rejects.toThrow("can't have 7 items");
  });

  it('writes the public address into links where one is given', async () => {
    const other = await startNewsroom({ host: '127.0.0.1', port: 0, publicUrl: 'http://news.example/' });
    try {
      const { body } = await ask(`${other.url}/world.rss`);
      expect(body.toString()).toContain('<link>http://news.example/articles/');
    } finally {
      await other.close();
    }
  });

  it('closes with connections still open', async () => {
    const other = await startNewsroom({ host: '127.0.0.1', port: 0 });
    const connected = await fetch(`${other.url}/healthz`, { headers: { connection: 'keep-alive' } });
    await connected.text();
    await other.close();
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow();
  });
});
