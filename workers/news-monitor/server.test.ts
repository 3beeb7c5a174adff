import { once } from 'node:events';
import { connect } from 'node:net';
import { Counter, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { Board } from './board.ts';
import { START, sampleNews } from './board-samples.ts';
import { EventReader } from './event-reader.ts';
import { startPageServer } from './page-server.ts';
import { ListenError, type RunningServer, type ServerOptions } from './server.ts';

const SOON = { timeout: 10_000, interval: 25 };
let running: RunningServer | undefined;

async function start(options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  running = await startPageServer({ board: new Board({ startedAt: START }), ...options });
  return running;
}

afterEach(async () => {
  await running?.close();
  running = undefined;
});

describe('answers', () => {
  it.each([
    ['/', 200, 'text/html; charset=utf-8', '<title>Newsjet</title>'],
    ['/assets/page.js', 200, 'text/javascript; charset=utf-8', 'EventSource'],
    ['/assets/page.css', 200, 'text/css; charset=utf-8', 'prefers-color-scheme'],
    ['/assets/icon.svg', 200, 'image/svg+xml', '<svg'],
    ['/api/board', 200, 'application/json', '"pipeline":"Newsjet"'],
    ['/api/history', 200, 'application/json', '"stepSeconds":15'],
    ['/api/news', 404, 'text/plain; charset=utf-8', 'There is nothing here'],
    ['/feed.atom', 404, 'text/plain; charset=utf-8', 'There is nothing here'],
    ['/healthz', 200, 'text/plain; charset=utf-8', 'ok\n'],
    ['/readyz', 200, 'text/plain; charset=utf-8', 'ok\n'],
    ['/assets/../server.ts', 404, 'text/plain; charset=utf-8', 'There is nothing here'],
    ['/assets/none.js', 404, 'text/plain; charset=utf-8', 'There is nothing here'],
    ['/<script>', 404, 'text/plain; charset=utf-8', 'There is nothing here'],
  ])('%s with %i', async (path, status, type, text) => {
    const { url } = await start();
    const response = await fetch(url + path);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toContain(text);
  });

  it('with headers that let nothing foreign in', async () => {
    const { url } = await start();
    for (const path of ['/', '/api/board', '/none']) {
      const { headers } = await fetch(url + path);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('HEAD without a body, and no other method', async () => {
    const { url } = await start();
    for (const path of ['/', '/api/board', '/api/events', '/metrics', '/healthz']) {
      const head = await fetch(url + path, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await fetch(url, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('an unchanged file with 304', async () => {
    const { url } = await start();
    const etag = (await fetch(`${url}/assets/page.js`)).headers.get('etag') as string;
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    const again = await fetch(`${url}/assets/page.js`, { headers: { 'If-None-Match': `"other", W/${etag}` } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const other = await fetch(`${url}/assets/page.js`, { headers: { 'If-None-Match': '"other"' } });
    expect(other.status).toBe(200);
  });

  it('metrics from the registry', async () => {
    const registry = new Registry();
    new Counter({ name: 'news_total', help: 'News.', registers: [registry] }).inc(7);
    const { url } = await start({ registry });
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toBe(registry.contentType);
    expect(await response.text()).toContain('news_total 7');
  });

  it('ill health with its reason', async () => {
    const { url } = await start({ health: () => ({ ok: false, reason: 'not connected to NATS' }) });
    const response = await fetch(`${url}/healthz`);
    expect([response.status, await response.text()]).toEqual([503, 'not connected to NATS\n']);
  });

  it('a failure of our own without its details', async () => {
    const errors: unknown[] = [];
    const failure = new Error('secret detail');
    const health = () => Promise.reject(failure);
    const { url } = await start({ health, onError: (error) => errors.push(error) });
    const response = await fetch(`${url}/healthz`);
    expect([response.status, await response.text()]).toEqual([
      500,
      'The monitor could not answer; its log says why.\n',
    ]);
    expect(errors).toEqual([failure]);
  });
});

describe('its address', () => {
  it('is refused clearly when taken', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const second = startPageServer({ board: new Board(), port });
    await expect(second).rejects.toThrow(ListenError);
    await expect(second).rejects.toThrow(
      `the live page cannot listen on 127.0.0.1:${port} (EADDRINUSE): another program has it: stop that one, or choose another port`,
    );
  });

  it('is free again at once after close, event streams and all', async () => {
    const first = await start();
    const reader = await EventReader.open(first.url);
    await expect.poll(() => reader.of('snapshot').length, SOON).toBe(1);
    await first.close();
    await expect.poll(() => reader.ended, SOON).toBe('end');
    await start({ port: Number(new URL(first.url).port) });
  });

  it('closes although a client never finishes its request', async () => {
    const server = await start();
    const stuck = connect(Number(new URL(server.url).port), '127.0.0.1');
    // Its second request is unfinished. The answer to the first says that all was read: unread bytes would make the end a reset.
    stuck.write('GET /healthz HTTP/1.1\r\nHost: newsjet\r\n\r\nGET / HTTP/1.1\r\nHost: newsjet\r\n');
    await once(stuck, 'data');
    const [, ended] = await Promise.all([server.close(), once(stuck, 'close')]);
    expect(ended).toEqual([false]);
  });
});

describe('the board as JSON', () => {
  it('is what the page would show', async () => {
    const board = new Board({ startedAt: START, pipeline: 'Evening edition' });
    board.recordNews(sampleNews(1, { title: '</script><script>alert(1)</script>' }), START, 12);
    const { url } = await start({ board });
    const body = await (await fetch(`${url}/api/board`)).json();
    expect(body).toMatchObject({ pipeline: 'Evening edition', seq: 1, news: [{ latencyMs: 12 }] });
  });
});
