// Questions about stored news, through the page's server to a server that stands for news-reader.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { NEWS_API } from '../contract/news-api.ts';
import { Board } from './board.ts';
import { NewsReader, type NewsReaderOptions } from './news-reader.ts';
import { type RunningServer, startServer } from './server.ts';

const SOON = { timeout: 10_000, interval: 25 };
let behind: Server | undefined;
let monitor: RunningServer | undefined;
let reader: NewsReader | undefined;
const failures: string[] = [];

afterEach(async () => {
  await monitor?.close();
  reader?.close();
  behind?.closeAllConnections();
  behind?.close();
  failures.length = 0;
});

/** Starts both, and returns the address of the page. */
async function start(listener: RequestListener, options: NewsReaderOptions = {}): Promise<string> {
  const server = createServer(listener);
  behind = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  reader = new NewsReader(url, { onFailure: (reason) => failures.push(reason), ...options });
  monitor = await startServer({
    host: '127.0.0.1',
    port: 0,
    board: new Board(),
    assets: new Map(),
    registry: new Registry(),
    health: () => ({ ok: true }),
    reader,
  });
  return monitor.url;
}

describe('a question', () => {
  it.each(Object.values(NEWS_API))('to %s is passed on with what matters of it, and answered', async (path) => {
    const asked: IncomingMessage[] = [];
    const url = await start((request, response) => {
      asked.push(request);
      response.writeHead(200, {
        'Content-Type': 'application/atom+xml',
        ETag: '"1"',
        'Cache-Control': 'max-age=5',
        'Set-Cookie': 'a=b',
        Server: 'somebody',
      });
      response.end('<feed/>');
    });
    const answer = await fetch(`${url}${path}?q=sea%20wall&source=harbour&source=birds`, {
      headers: { Accept: 'text/plain', Cookie: 'secret=1', Authorization: 'Bearer x', 'If-Modified-Since': 'then' },
    });
    expect([answer.status, await answer.text()]).toEqual([200, '<feed/>']);
    expect(asked.map((request) => request.url)).toEqual([`${path}?q=sea%20wall&source=harbour&source=birds`]);
    const { connection, ...headers } = asked[0]?.headers ?? {};
    expect(headers).toEqual({
      host: `127.0.0.1:${((behind as Server).address() as AddressInfo).port}`,
      accept: 'text/plain',
      'if-modified-since': 'then',
      'x-forwarded-host': new URL(url).host,
      'x-forwarded-proto': 'http',
    });
    expect(connection).toBe('keep-alive');
    expect([...answer.headers.keys()].sort()).toEqual([
      'cache-control',
      'connection',
      'content-security-policy',
      'content-type',
      'cross-origin-opener-policy',
      'cross-origin-resource-policy',
      'date',
      'etag',
      'keep-alive',
      'referrer-policy',
      'transfer-encoding',
      'x-content-type-options',
    ]);
    expect([answer.headers.get('etag'), answer.headers.get('cache-control')]).toEqual(['"1"', 'max-age=5']);
  });

  it.each([
    [{ 'x-forwarded-proto': 'https' }, undefined, 'https'],
    [{ 'x-forwarded-host': 'news.example.org' }, 'news.example.org', 'http'],
    [
      { 'x-forwarded-host': 'news.example.org, inner', 'x-forwarded-proto': 'https, http' },
      'news.example.org, inner',
      'https, http',
    ],
  ])('through a proxy that says %j is passed on with that', async (headers, host, proto) => {
    let asked: IncomingMessage['headers'] = {};
    const url = await start((request, response) => {
      asked = request.headers;
      response.end();
    });
    await fetch(url + NEWS_API.atom, { headers });
    expect([asked['x-forwarded-host'], asked['x-forwarded-proto']]).toEqual([host ?? new URL(url).host, proto]);
  });

  it('that nothing has changed since is answered with 304, and HEAD without a body', async () => {
    const url = await start((request, response) => {
      response.writeHead(request.headers['if-none-match'] === '"1"' ? 304 : 200, { ETag: '"1"' });
      response.end(request.method === 'HEAD' ? undefined : 'news');
    });
    const again = await fetch(url + NEWS_API.json, { headers: { 'If-None-Match': '"1"' } });
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, '"1"', '']);
    const head = await fetch(url + NEWS_API.json, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(url + NEWS_API.json, { method: 'POST' })).status).toBe(405);
  });

  it('that the database does not answer now is answered with when to ask again', async () => {
    const url = await start((_, response) => {
      response.writeHead(503, { 'Retry-After': '7' }).end('{"error":"the database does not answer"}');
    });
    const answer = await fetch(url + NEWS_API.news);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
    expect(failures).toEqual([]);
  });

  it('in a way that is not understood is answered with those that are', async () => {
    const url = await start((_, response) => response.writeHead(405, { Allow: 'GET, HEAD' }).end());
    const answer = await fetch(url + NEWS_API.news);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('that is refused is answered as it was', async () => {
    const url = await start((_, response) => {
      response.writeHead(400, { 'Content-Type': 'application/json' }).end('{"error":"limit is 0: allowed: 1 to 100"}');
    });
    const answer = await fetch(`${url}${NEWS_API.news}?limit=0`);
    expect([answer.status, await answer.json()]).toEqual([400, { error: 'limit is 0: allowed: 1 to 100' }]);
  });
});

describe('without an answer', () => {
  const expectRefusal = async (answer: Response): Promise<void> => {
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('retry-after')]).toEqual([
      503,
      'application/json',
      '5',
    ]);
    expect(await answer.json()).toEqual({
      error: 'the reader of stored news does not answer: try again in a moment',
    });
  };

  it('from a reader that is away, it is 503', async () => {
    const url = await start(() => {});
    behind?.close();
    await expectRefusal(await fetch(url + NEWS_API.news));
    expect(failures).toEqual([expect.stringContaining('ECONNREFUSED')]);
  });

  it('from a reader that says nothing, it is 503', async () => {
    const url = await start(() => {}, { timeoutMs: 200 });
    await expectRefusal(await fetch(url + NEWS_API.news));
    expect(failures).toEqual(['news-reader said nothing for 200 ms']);
  });

  it('to its end, it is cut: what came is not passed off as all', async () => {
    const url = await start((_, response) => {
      response.writeHead(200, { 'Content-Length': '10' });
      response.write('half', () => response.destroy());
    });
    await expect(fetch(url + NEWS_API.news).then((answer) => answer.text())).rejects.toThrow();
    expect(failures).toHaveLength(1);
  });

  it('in a bounded time, it is cut, however often something comes of it', async () => {
    let drip: NodeJS.Timeout | undefined;
    const url = await start(
      (_, response) => {
        drip = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(drip));
      },
      { timeoutMs: 5_000, totalMs: 300 },
    );
    await expect(fetch(url + NEWS_API.news).then((answer) => answer.text())).rejects.toThrow();
    await expect.poll(() => failures, SOON).toEqual(['no end within 300 ms']);
  });

  it('while as many as may wait for one, it is 503 at once', async () => {
    const held: (() => void)[] = [];
    const url = await start((_, response) => void held.push(() => response.end('news')), { maxQuestions: 2 });
    const first = [fetch(url + NEWS_API.news), fetch(url + NEWS_API.news)];
    await expect.poll(() => held.length, SOON).toBe(2);
    await expectRefusal(await fetch(url + NEWS_API.news));
    for (const answer of held) answer();
    expect(await Promise.all(first.map(async (asked) => (await asked).text()))).toEqual(['news', 'news']);
    const again = fetch(url + NEWS_API.news);
    await expect.poll(() => held.length, SOON).toBe(3);
    held[2]?.();
    expect((await again).status).toBe(200);
  });

  it('of a bounded length, it is cut', async () => {
    const url = await start((_, response) => response.end('x'.repeat(2_000)), { maxAnswerBytes: 1_000 });
    await expect(fetch(url + NEWS_API.news).then((answer) => answer.text())).rejects.toThrow();
    expect(failures).toEqual(['the answer exceeds 1000 bytes']);
  });
});

it('gives up a question when whoever asked has gone', async () => {
  let gaveUp = false;
  let arrived = false;
  const url = await start((request) => {
    arrived = true;
    request.on('close', () => {
      gaveUp = true;
    });
  });
  const { hostname, port } = new URL(url);
  const browser = connect(Number(port), hostname);
  browser.write(`GET ${NEWS_API.news} HTTP/1.1\r\nHost: newsjet\r\n\r\n`);
  await expect.poll(() => arrived, SOON).toBe(true);
  browser.destroy();
  await expect.poll(() => gaveUp, SOON).toBe(true);
  expect(failures).toEqual([]);
});

it('does not take it for a failure when whoever asked goes in the middle of the answer', async () => {
  let gaveUp = false;
  const url = await start((request, response) => {
    response.write('half');
    request.on('close', () => {
      gaveUp = true;
    });
  });
  const { hostname, port } = new URL(url);
  const browser = connect(Number(port), hostname);
  let received = '';
  browser.on('data', (chunk) => {
    received += chunk;
  });
  browser.write(`GET ${NEWS_API.news} HTTP/1.1\r\nHost: newsjet\r\n\r\n`);
  await expect.poll(() => received, SOON).toContain('half');
  browser.destroy();
  await expect.poll(() => gaveUp, SOON).toBe(true);
  expect(failures).toEqual([]);
});
