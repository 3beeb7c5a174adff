// The live side of the page: server-sent events to many browsers, coalesced and bounded.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Board, type ChangeKind, NEWS_KEPT } from './board.ts';

export interface HubOptions {
  /** Browsers served at once; further ones are refused. @default 200 */
  readonly maxClients?: number;
  /** A browser that has more than this unread is dropped, in bytes; it reconnects and catches up. @default 1 MiB */
  readonly maxBufferedBytes?: number;
  /** Silence before a comment keeps connections open, in milliseconds. @default 15000 */
  readonly heartbeatMs?: number;
}

/** News in one event; the older ones of a burst are counted instead. */
export const NEWS_PER_EVENT = 50;

/** Shortest time between two events of a kind. Sources are the largest event and change the slowest. */
export const EVENT_INTERVAL_MS: Readonly<Record<ChangeKind, number>> = {
  news: 250,
  consumers: 250,
  dlq: 250,
  sources: 1_000,
  flow: 1_000,
  point: 1_000,
};

/** What browsers wait before they reconnect. */
const RETRY_MS = 2_000;

const frame = (event: string, data: unknown, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Sends the board's changes to every connected browser. A browser first gets event `snapshot`, or, when its
 * `Last-Event-ID` is of this life of the monitor, only what it missed; from then on `news`, `consumers`, `sources`, `flow`,
 * `dlq` and `point`. Each event is serialised once for all.
 */
export class EventHub {
  readonly #board: Board;
  readonly #maxClients: number;
  readonly #maxBufferedBytes: number;
  readonly #clients = new Set<ServerResponse>();
  readonly #pending = new Map<ChangeKind, NodeJS.Timeout>();
  readonly #sentAtMs = new Map<ChangeKind, number>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #unsubscribe: () => void;
  #sentSeq: number;
  #closed = false;

  constructor(board: Board, options: HubOptions = {}) {
    this.#board = board;
    this.#maxClients = options.maxClients ?? 200;
    this.#maxBufferedBytes = options.maxBufferedBytes ?? 1_048_576;
    this.#sentSeq = board.seq;
    this.#heartbeat = setInterval(() => this.#broadcast(':\n\n'), options.heartbeatMs ?? 15_000).unref();
    this.#unsubscribe = board.subscribe((kind) => this.#schedule(kind));
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Whether another browser must be refused. */
  get full(): boolean {
    return this.#closed || this.#clients.size >= this.#maxClients;
  }

  /** Turns a response, whose common headers are set, into a stream of events that lasts until either side ends it. */
  connect(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    // Without clients nothing was sent, and nothing before now is news to the first one.
    if (this.#clients.size === 0) this.#sentSeq = this.#board.seq;
    this.#clients.add(response);
    response.on('close', () => this.#clients.delete(response));
    response.on('error', () => this.#clients.delete(response));
    response.write(`retry: ${RETRY_MS}\n\n${this.#greeting(request.headers['last-event-id'])}`);
  }

  /** Ends every stream and stops following the board. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #greeting(lastEventId: string | string[] | undefined): string {
    const board = this.#board;
    const id = `${board.epoch}.${board.seq}`;
    const [epoch, text] = typeof lastEventId === 'string' ? lastEventId.split('.') : [];
    const seq = /^\d{1,15}$/.test(text ?? '') ? Number(text) : Number.NaN;
    if (epoch !== board.epoch || !(seq <= board.seq)) return frame('snapshot', board.snapshot(), id);
    return (
      frame('news', board.newsAfter(seq, NEWS_KEPT), id) +
      frame('consumers', board.consumers()) +
      frame('sources', board.sources()) +
      frame('flow', board.flow()) +
      frame('dlq', board.dlq())
    );
  }

  /** The first change after a pause goes out at once, those of a burst together at the end of the interval. */
  #schedule(kind: ChangeKind): void {
    if (this.#clients.size === 0 || this.#pending.has(kind)) return;
    const dueMs = (this.#sentAtMs.get(kind) ?? 0) + EVENT_INTERVAL_MS[kind] - performance.now();
    const send = () => {
      this.#pending.delete(kind);
      this.#sentAtMs.set(kind, performance.now());
      if (this.#clients.size > 0) this.#broadcast(this.#compose(kind));
    };
    this.#pending.set(kind, setTimeout(send, Math.max(0, dueMs)).unref());
  }

  #compose(kind: ChangeKind): string {
    if (kind !== 'news') return frame(kind, this.#board[kind]());
    const news = this.#board.newsAfter(this.#sentSeq, NEWS_PER_EVENT);
    this.#sentSeq = this.#board.seq;
    return frame('news', news, `${this.#board.epoch}.${this.#sentSeq}`);
  }

  #broadcast(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > this.#maxBufferedBytes) client.destroy();
      else client.write(text);
    }
  }
}
