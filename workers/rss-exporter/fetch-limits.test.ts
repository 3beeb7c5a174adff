// The limits of a fetch: size, time, requests at once, and the caller's own signal.
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Fetcher, FetchOptions } from './fetch.ts';
import { fetcherFor, fetchOnce } from './testing/fetching.ts';
import { type LocalServer, startServer } from './testing/local-server.ts';

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

describe('size', () => {
  const MAX_BYTES = 10_000;

  test('a body of exactly the cap is read', async () => {
    await serve((_request, response) => response.end('x'.repeat(MAX_BYTES)), { maxBytes: MAX_BYTES });
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({ kind: 'document', body: 'x'.repeat(MAX_BYTES) });
  });

  test('a declared length over the cap is refused before anything is read', async () => {
    await serve(
      // The body never comes: whoever waits for it runs into the timeout instead.
      (_request, response) => response.writeHead(200, { 'content-length': MAX_BYTES + 1 }).flushHeaders(),
      { maxBytes: MAX_BYTES, totalTimeoutMs: 5_000 },
    );
    expect(await fetchOnce(fetcher, server.url('/'))).toEqual({
      kind: 'failed',
      reason: `${server.url('/')}: the body is larger than 10000 bytes (declared)`,
    });
  });

  test('an undeclared body over the cap is cut off', async () => {
    await serve(
      (_request, response) => {
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(1_000)));
        };
        response.on('drain', more);
        more();
      },
      { maxBytes: MAX_BYTES, totalTimeoutMs: 5_000 },
    );
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({
      reason: `${server.url('/')}: the body is larger than 10000 bytes (received)`,
    });
  });

  test('a body over the cap after decompression is cut off', async () => {
    const body = gzipSync('x'.repeat(MAX_BYTES + 1));
    await serve((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body), {
      maxBytes: MAX_BYTES,
    });
    expect(body.length).toBeLessThan(MAX_BYTES);
    expect(await fetchOnce(fetcher, server.url('/'))).toMatchObject({
      reason: `${server.url('/')}: the body is larger than 10000 bytes (decompressed)`,
    });
  });
});

describe('time', () => {
  /** Sends one byte at a time, for ever. */
  const drip =
    (...start: (string | Buffer)[]): RequestListener =>
    ({ socket }) => {
      for (const bytes of start) socket.write(bytes);
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('error', () => undefined).on('close', () => clearInterval(timer));
    };
  /** The start of a gzip stream whose file name goes on until a zero comes: valid as far as it goes. */
  const GZIP_START = Buffer.from('1f8b08080000000000ff', 'hex');

  test('a name that takes too long to look up ends at the connect timeout', async () => {
    await serve((_request, response) => response.end(), {
      connectTimeoutMs: 100,
      resolve: () => new Promise(() => undefined),
    });
    expect(await fetchOnce(fetcher, 'http://feeds.example.test/')).toEqual({
      kind: 'failed',
      reason: 'http://feeds.example.test/: no connection within 100 ms',
    });
  });

  test('a TLS handshake that does not proceed ends at the connect timeout', async () => {
    await serve((_request, response) => response.end());
    const silent = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const patient = fetcherFor([], { connectTimeoutMs: 100, allowPrivateAddresses: true });
    const outcome = await fetchOnce(patient, `https://127.0.0.1:${port}/`);
    await patient.close();
    await new Promise((resolve) => silent.close(resolve));
    expect(outcome).toMatchObject({ reason: `https://127.0.0.1:${port}/: no connection within 100 ms` });
  });

  test.each<[string, RequestListener]>([
    ['says nothing', () => undefined],
    ['drips its headers', drip('HTTP/1.1 200 OK\r\nx-header: ')],
  ])('a server that %s ends at the first-byte timeout', async (_name, handler) => {
    await serve(handler, { firstByteTimeoutMs: 150 });
    expect(await fetchOnce(fetcher, server.url('/'))).toEqual({
      kind: 'failed',
      reason: `${server.url('/')}: sent no response within 150 ms`,
    });
  });

  test.each<[string, RequestListener]>([
    ['', drip('HTTP/1.1 200 OK\r\n\r\n')],
    ['with a declared length', drip('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n')],
    ['as gzip', drip('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n', GZIP_START)],
  ])('a server that drips its body %s ends at the total timeout', async (_name, handler) => {
    let closed = false;
    await serve(
      (request, response) => {
        request.socket.on('close', () => {
          closed = true;
        });
        handler(request, response);
      },
      // Long enough for the request to reach the server first, also where a machine is busy.
      { totalTimeoutMs: 2_000 },
    );
    expect(await fetchOnce(fetcher, server.url('/'))).toEqual({
      kind: 'failed',
      reason: `${server.url('/')}: took longer than 2000 ms`,
    });
    await vi.waitFor(() => expect(closed).toBe(true), { timeout: 20_000 });
  });

  test('redirects share the total timeout', async () => {
    await serve(
      (request, response) => {
        const step = Number(request.url?.slice(1));
        setTimeout(() => response.writeHead(302, { location: `/${step + 1}` }).end(), 120);
      },
      { totalTimeoutMs: 300 },
    );
    expect(await fetchOnce(fetcher, server.url('/0'))).toMatchObject({
      reason: expect.stringContaining('took longer than 300 ms'),
    });
  });
});

describe('requests at once', () => {
  test('two to a host, the time spent waiting for a turn not counted', async () => {
    let running = 0;
    let most = 0;
    await serve(
      (_request, response) => {
        running += 1;
        most = Math.max(most, running);
        setTimeout(() => {
          running -= 1;
          response.end('done');
        }, 250);
      },
      { totalTimeoutMs: 3_000 },
    );
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    // Thirty-two at two at once take longer than the total timeout of each, which leaves a single one time for a busy machine.
    const { signal } = new AbortController();
    const outcomes = await Promise.all(
      Array.from({ length: 32 }, (_, n) => fetchOnce(fetcher, server.url(`/${n}`), {}, signal)),
    );
    process.off('warning', warn);
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 32 }, () => 'document'));
    expect(most).toBe(2);
    expect(warnings).toEqual([]);
  });

  test('fetches that fail, redirect or time out give their turn back', async () => {
    await serve(
      (request, response) => {
        if (request.url === '/silent') return;
        if (request.url === '/broken') request.socket.destroy();
        else if (request.url === '/moved') response.writeHead(302, { location: '/fine' }).end();
        else response.end('fine');
      },
      { firstByteTimeoutMs: 3_000, maxRequestsPerHost: 1 },
    );
    const paths = ['/silent', '/broken', '/moved', '/fine'];
    const outcomes = await Promise.all(paths.map((path) => fetchOnce(fetcher, server.url(path))));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'failed', 'document', 'document']);
  });
});

describe('an aborted signal', () => {
  const aborted = expect.objectContaining({ name: 'AbortError' });

  test('ends a fetch that waits for its response, or for its turn', async () => {
    await serve(() => undefined, { maxRequestsPerHost: 1 });
    const controller = new AbortController();
    const fetches = ['/first', '/second'].map((path) => fetchOnce(fetcher, server.url(path), {}, controller.signal));
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 20_000 });
    controller.abort();
    for (const fetch of fetches) await expect(fetch).rejects.toEqual(aborted);
    expect(server.requests).toHaveLength(1);
  });

  test('ends a fetch within its body, whatever the reason', async () => {
    await serve((_request, response) => response.writeHead(200).write('a part'));
    const controller = new AbortController();
    const fetch = fetchOnce(fetcher, server.url('/'), {}, controller.signal);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 20_000 });
    controller.abort('shutting down');
    await expect(fetch).rejects.toEqual(aborted);
  });

  test('makes no request', async () => {
    await serve((_request, response) => response.end());
    await expect(fetchOnce(fetcher, server.url('/'), {}, AbortSignal.abort())).rejects.toEqual(aborted);
    expect(server.connections()).toBe(0);
  });
});
