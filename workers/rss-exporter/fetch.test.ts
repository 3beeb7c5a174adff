// What a fetch comes to, response by response, against a real server.
import type { OutgoingHttpHeaders, RequestListener } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { Fetcher, FetchOptions } from './fetch.ts';
import { fetcherFor, fetchOnce } from './testing/fetching.ts';
import { type LocalServer, startServer } from './testing/local-server.ts';

const DOCUMENT = '<?xml version="1.0"?><rss><channel><title>é</title></channel></rss>';

let server: LocalServer;
let fetcher: Fetcher;

async function serve(handler: RequestListener, options: Partial<FetchOptions> = {}) {
  server = await startServer(handler);
  fetcher = fetcherFor([server], options);
}

afterEach(async () => {
  await fetcher.close();
  await server.close();
});

describe('a document', () => {
  test('comes as text, with what is to be remembered', async () => {
    await serve((_request, response) =>
      response
        .writeHead(200, {
          'content-type': 'application/rss+xml',
          etag: 'W/"a b"',
          'last-modified': 'some day',
          'cache-control': 'public, max-age=90',
        })
        .end(DOCUMENT),
    );
    expect(await fetchOnce(fetcher, server.url('/feed?key=1#top'))).toEqual({
      kind: 'document',
      status: 200,
      body: DOCUMENT,
      contentType: 'application/rss+xml',
      finalUrl: server.url('/feed?key=1'),
      etag: 'W/"a b"',
      lastModified: 'some day',
      permanentRedirectTo: null,
      cacheControlMaxAgeMs: 90_000,
    });
  });

  test.each([
    ['gzip', gzipSync(DOCUMENT)],
    ['deflate', deflateSync(DOCUMENT)],
    ['deflate', deflateRawSync(DOCUMENT)],
    ['br', brotliCompressSync(DOCUMENT)],
    ['gzip, br', brotliCompressSync(gzipSync(DOCUMENT))],
  ])('is decompressed from %s', async (encoding, body) => {
    await serve((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body));
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({ kind: 'document', body: DOCUMENT });
    expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  test('is decoded by what its header says', async () => {
    await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/xml; charset=koi8-r' }).end(Buffer.from('f0d2', 'hex')),
    );
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({ body: 'Пр' });
  });
});

describe('a request', () => {
  test('says who asks, and asks unconditionally when nothing is known', async () => {
    await serve((_request, response) => response.end());
    await fetchOnce(fetcher, server.url('/'));
    const headers = server.requests[0]?.headers;
    expect(headers).toMatchObject({ 'user-agent': 'Newsjet/0.1 (feed reader)', connection: 'close' });
    expect(headers).not.toHaveProperty('if-none-match');
    expect(headers).not.toHaveProperty('if-modified-since');
  });

  test('carries the user agent that was set', async () => {
    await serve((_request, response) => response.end(), { userAgent: 'Other/2' });
    await fetchOnce(fetcher, server.url('/'));
    expect(server.requests[0]?.headers['user-agent']).toBe('Other/2');
  });

  test.each(['"abc"', 'W/"abc"', 'unquoted', '"\u00e9, \\"'])(
    'carries the validator %s back as it came',
    async (etag) => {
      await serve((_request, response) => response.writeHead(200, { etag, 'last-modified': etag }).end());
      const first = await fetchOnce(fetcher, server.url('/'));
      expect(first).toMatchObject({ etag, lastModified: etag });
      await fetchOnce(fetcher, server.url('/'), { etag, lastModified: etag });
      expect(server.requests[1]?.headers).toMatchObject({ 'if-none-match': etag, 'if-modified-since': etag });
    },
  );

  test('to a newsroom address goes to the newsroom, whatever the address tries', async () => {
    await serve((_request, response) => response.end('news'));
    fetcher = fetcherFor([server], { newsroomUrl: server.url('/') });
    for (const path of ['newsroom:/atom/a.xml?edition=1', 'newsroom://elsewhere.test/b']) {
      expect(await fetchOnce(fetcher, path)).toMatchObject({ kind: 'document', body: 'news' });
    }
    expect(server.requests.map(({ path }) => path)).toEqual(['/atom/a.xml?edition=1', '/b']);
  });

  test('carries the credentials of its address in a header', async () => {
    await serve((_request, response) => response.end());
    const outcome = await fetchOnce(fetcher, server.url('/').replace('//', '//user:p%40ss@'));
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(outcome).toMatchObject({ finalUrl: server.url('/') });
  });
});

describe('304', () => {
  test('keeps the validators and takes fresh ones', async () => {
    await serve((request, response) =>
      response.writeHead(304, request.url === '/fresh' ? { etag: '"2"', 'cache-control': 'max-age=5' } : {}).end(),
    );
    const known = { etag: '"1"', lastModified: 'then' };
    const kept = { kind: 'unchanged', ...known, permanentRedirectTo: null, cacheControlMaxAgeMs: null };
    expect(await fetchOnce(fetcher, server.url('/'), known)).toEqual(kept);
    expect(await fetchOnce(fetcher, server.url('/fresh'), known)).toEqual({
      ...kept,
      etag: '"2"',
      cacheControlMaxAgeMs: 5_000,
    });
  });

  test('is a failure when nothing was known', async () => {
    await serve((_request, response) => response.writeHead(304).end());
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({ kind: 'failed' });
  });
});

describe('other responses', () => {
  test.each([
    [400, 'answered 400 Bad Request'],
    [401, 'answered 401 Unauthorized'],
    [404, 'answered 404 Not Found'],
    [500, 'answered 500 Internal Server Error'],
    [204, 'answered 204 No Content'],
    [206, 'answered 206 Partial Content'],
    [300, 'answered 300 Multiple Choices'],
    [799, 'answered 799'],
  ])('%d is a failure', async (status, reason) => {
    await serve((_request, response) => response.writeHead(status, 'secret text').end());
    const outcome = await fetchOnce(fetcher, server.url('/feed'));
    expect(outcome).toEqual({ kind: 'failed', reason: `${server.url('/feed')}: ${reason}` });
  });

  test('410 says that the feed is gone', async () => {
    await serve((_request, response) => response.writeHead(410).end('a page'));
    const outcome = await fetchOnce(fetcher, server.url('/feed'));
    expect(outcome).toEqual({ kind: 'gone', reason: `${server.url('/feed')}: answered 410 Gone` });
  });

  test.each([
    [429, '120', 120_000],
    [503, '0', 0],
    [503, 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
    [429, undefined, null],
    [503, 'later', null],
  ])('%d with Retry-After %j', async (status, retryAfter, retryAfterMs) => {
    await serve((_request, response) =>
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end(),
    );
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({ kind: 'retryLater', status, retryAfterMs });
  });

  test('a Retry-After in the future is told from now', async () => {
    await serve((_request, response) =>
      response.writeHead(429, { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }).end(),
    );
    const outcome = await fetchOnce(fetcher, server.url('/'));
    if (outcome.kind !== 'retryLater') throw new Error(`unexpected ${outcome.kind}`);
    expect(outcome.retryAfterMs).toBeGreaterThan(3_500_000);
    expect(outcome.retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });

  test.each([
    [
      'a body that does not decompress',
      { 'content-encoding': 'gzip' },
      'the gzip body is damaged: incorrect header check',
    ],
    ['an encoding that was not asked for', { 'content-encoding': 'zstd' }, 'the body is encoded as zstd'],
  ])('%s is a failure', async (_name, headers, reason) => {
    await serve((_request, response) => response.writeHead(200, headers).end('plain'));
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining(reason),
    });
  });
});

describe('errors of the network', () => {
  const CLOSED_EARLY = 'the connection was closed before the response was complete';

  /** Sends the start of a response and then closes the connection. */
  const part =
    (headers: OutgoingHttpHeaders, start: string | Buffer): RequestListener =>
    (_request, response) => {
      response.writeHead(200, headers);
      response.write(start, () => response.destroy());
    };

  test.each<[string, RequestListener, string]>([
    ['before the response', (request) => request.socket.destroy(), CLOSED_EARLY],
    ['within the body', part({}, 'a part'), CLOSED_EARLY],
    [
      'within a compressed body',
      part({ 'content-encoding': 'gzip' }, gzipSync(DOCUMENT).subarray(0, 30)),
      CLOSED_EARLY,
    ],
    ['too early', part({ 'content-length': 100 }, 'a part'), 'the body is not as long as its Content-Length says'],
  ])('a connection that ends %s', async (_name, handler, reason) => {
    await serve(handler);
    expect(await fetchOnce(fetcher, server.url('/'))).toEqual({
      kind: 'failed',
      reason: `${server.url('/')}: ${reason}`,
    });
  });

  test('what is not HTTP', async () => {
    await serve((request) => request.socket.end('SSH-2.0-x\r\n'));
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({
      reason: `${server.url('/')}: the response is not valid HTTP`,
    });
  });

  test('a refused connection and an unknown name', async () => {
    await serve((_request, response) => response.end(), {
      resolve: async () => {
        throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
      },
    });
    await server.close();
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({
      reason: `${server.url('/')}: the connection was refused`,
    });
    expect(await fetchOnce(fetcher, 'http://feeds.example.test/')).toMatchObject({
      reason: 'http://feeds.example.test/: the host name is not known',
    });
  });

  test.each([
    ['no address at all', 'the address of the feed can not be read as a URL'],
    ['ftp://a.test/feed?token=1', 'ftp://a.test/feed: only http:, https: and newsroom: addresses are fetched'],
    ['file:///etc/passwd', 'file:/etc/passwd: only http:, https: and newsroom: addresses are fetched'],
    ['newsroom:/a', 'newsroom:/a: there is no newsroom to ask, its address is not set'],
  ])('%s is not asked', async (url, reason) => {
    await serve((_request, response) => response.end());
    expect(await fetchOnce(fetcher, url)).toEqual({ kind: 'failed', reason });
  });

  test('no reason contains credentials or the query', async () => {
    await serve((request, response) => {
      if (request.url?.startsWith('/moved')) response.writeHead(302, { location: '/missing?token=secret2#secret3' });
      else response.statusCode = Number(/^\/(\d+)/.exec(request.url ?? '')?.[1] ?? 404);
      response.end();
    });
    const base = server.url('').replace('//', '//user:secret1@');
    for (const path of ['/404', '/410', '/503', '/moved', '/204']) {
      const outcome = await fetchOnce(fetcher, `${base}${path}?token=secret`);
      expect(outcome).toHaveProperty('reason');
      expect(JSON.stringify(outcome)).not.toMatch(/secret|user|token/);
    }
  });
});
