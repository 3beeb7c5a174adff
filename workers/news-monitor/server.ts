// The monitor's HTTP server: the page and its files, the board as JSON and as events, metrics and health.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { NEWS_API } from '../contract/news-api.ts';
import { closeServer, listenOn } from '../runtime/http-server.ts';
import type { Asset, Assets } from './assets.ts';
import type { Board } from './board.ts';
import { EventHub, type HubOptions } from './event-hub.ts';
import type { NewsReader } from './news-reader.ts';

/** Whether the worker does its work; the reason is for people when it does not. */
export interface Health {
  readonly ok: boolean;
  readonly reason?: string;
}

export interface ServerOptions extends HubOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly board: Board;
  readonly assets: Assets;
  readonly registry: Pick<Registry, 'metrics' | 'contentType'>;
  /** Answers questions about stored news. @default nobody, so that there is nothing at their paths */
  readonly reader?: NewsReader;
  readonly health: () => Health | Promise<Health>;
  /** Told of requests that failed on our side. @default nobody */
  readonly onError?: (error: unknown) => void;
}

export interface RunningServer {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Browsers that follow the events now. */
  readonly clients: () => number;
  /** Ends the event streams, lets other responses finish for half a second, then cuts what is left. */
  readonly close: () => Promise<void>;
}

/** The server could not take its address. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const advice =
      cause.code === 'EADDRINUSE' ? 'another program has it: stop that one, or choose another port' : cause.message;
    super(`the live page cannot listen on ${host}:${port} (${cause.code ?? 'error'}): ${advice}`, { cause });
  }
}

const CLOSE_GRACE_MS = 500;

const NEWS_PATHS: ReadonlySet<string> = new Set(Object.values(NEWS_API));

const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  [
    'Content-Security-Policy',
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  ],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
];

function sendText(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  const type = headers['Content-Type'] ?? 'text/plain; charset=utf-8';
  response.writeHead(status, {
    'Cache-Control': 'no-store',
    ...headers,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Files are revalidated by their entity tag: a new build shows at once, an unchanged one costs a 304. */
function sendAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  const headers = { 'Cache-Control': 'no-cache', ETag: asset.etag };
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(asset.etag) || known.includes('*')) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, 'Content-Type': asset.type, 'Content-Length': asset.body.byteLength });
  response.end(asset.body);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  hub: EventHub,
): Promise<void> {
  for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return sendText(response, 405, 'Only GET and HEAD are answered here.\n', { Allow: 'GET, HEAD' });
  }
  const path = (request.url ?? '/').split('?', 1)[0] as string;
  const name = path === '/' ? 'index.html' : path.startsWith('/assets/') ? path.slice('/assets/'.length) : '';
  if (options.reader && NEWS_PATHS.has(path)) return options.reader.pass(request, response);
  const asset = options.assets.get(name);
  if (asset) return sendAsset(request, response, asset);
  switch (path) {
    case '/api/board':
      return sendText(response, 200, JSON.stringify(options.board.snapshot()), { 'Content-Type': 'application/json' });
    case '/api/history':
      return sendText(response, 200, JSON.stringify(options.board.history()), { 'Content-Type': 'application/json' });
    case '/api/events':
      if (hub.full) return sendText(response, 503, 'Too many live pages are open.\n', { 'Retry-After': '30' });
      if (request.method === 'GET') return hub.connect(request, response);
      return sendText(response, 200, '', { 'Content-Type': 'text/event-stream; charset=utf-8' });
    case '/metrics':
      return sendText(response, 200, await options.registry.metrics(), {
        'Content-Type': options.registry.contentType,
      });
    // A page that can be served is ready: what it shows says itself how old it is.
    case '/readyz':
    case '/healthz': {
      const { ok, reason } = await options.health();
      return sendText(response, ok ? 200 : 503, `${ok ? 'ok' : (reason ?? 'not ok')}\n`);
    }
    default:
      return sendText(response, 404, 'There is nothing here. The live page is at /\n');
  }
}

/**
 * Starts the server and resolves once it listens.
 * @throws {ListenError} when the address is taken or not ours
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, board } = options;
  const hub = new EventHub(board, options);
  const server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 5_000 }, (request, response) => {
    answer(request, response, options, hub).catch((error: unknown) => {
      options.onError?.(error);
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'The monitor could not answer; its log says why.\n');
    });
  });
  let url: string;
  try {
    url = await listenOn(server, options, (cause) => new ListenError(host, port, cause));
  } catch (error) {
    hub.close();
    throw error;
  }
  return {
    url,
    clients: () => hub.clients,
    close: () => {
      hub.close();
      return closeServer(server, CLOSE_GRACE_MS);
    },
  };
}
