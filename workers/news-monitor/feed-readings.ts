// Follows the bucket of feed states: what has changed, and now and then the whole, to find what is there no more.
import type { NatsConnection } from 'nats';
import type { FeedState } from '../contract/feed-state.ts';
import { bucketStream, bucketSubject, FEEDS_BUCKET } from '../contract/subjects.ts';
import { messagesFrom, type StoredMessage } from '../runtime/direct-get.ts';
import { readStoredFeed, type StoredFeed } from '../runtime/stored-feed.ts';
import type { Board } from './board.ts';

const BATCH = 500;
/** How often the whole bucket is read: a feed that was removed leaves nothing behind that would say so. */
const WHOLE_EVERY_MS = 30_000;

/** Keeps the board's feeds as the bucket has them. */
export class FeedReadings {
  readonly #connection: NatsConnection;
  readonly #stream = bucketStream(FEEDS_BUCKET);
  readonly #wholeEveryMs: number;
  readonly #onUnreadable: (key: string, reason: string) => void;
  /** The first sequence that has not been read. */
  #next = 1;
  #wholeAtMs = -Infinity;
  /** Feeds on the board, by key. */
  readonly #known = new Map<string, Pick<StoredFeed, 'source' | 'feed'>>();

  /**
   * @param options.wholeEveryMs how often the whole bucket is read; 30,000 unless given
   * @param options.onUnreadable told of a state that is no state; its feed is left as it was
   */
  constructor(
    connection: NatsConnection,
    options: {
      readonly wholeEveryMs?: number;
      readonly onUnreadable?: (key: string, reason: string) => void;
    } = {},
  ) {
    this.#connection = connection;
    this.#wholeEveryMs = options.wholeEveryMs ?? WHOLE_EVERY_MS;
    this.#onUnreadable = options.onUnreadable ?? (() => {});
  }

  /** Brings the board up to date. */
  async read(board: Board): Promise<void> {
    if (performance.now() - this.#wholeAtMs >= this.#wholeEveryMs) await this.#readWhole(board);
    else this.#next = (await this.#readFrom(this.#next, board)).next;
  }

  /** Reads from the first message on, so that neither a removal nor a bucket made anew goes unnoticed. */
  async #readWhole(board: Board): Promise<void> {
    const { next, keys, complete } = await this.#readFrom(1, board);
    // What was not read to its end proves nothing missing.
    if (!complete) return;
    this.#next = next;
    this.#wholeAtMs = performance.now();
    for (const [key, { source, feed }] of this.#known) {
      if (keys.has(key)) continue;
      board.removeFeed(source, feed);
      this.#known.delete(key);
    }
  }

  /** Reads on from a sequence; `complete` when it came to a message that says that none is behind it. */
  async #readFrom(first: number, board: Board): Promise<{ next: number; keys: Set<string>; complete: boolean }> {
    const keys = new Set<string>();
    let next = first;
    for (;;) {
      const query = { sequence: next, subjects: bucketSubject(FEEDS_BUCKET, '>'), max: BATCH };
      const messages = await messagesFrom(this.#connection, this.#stream, query);
      for (const key of this.#take(messages, board)) keys.add(key);
      const last = messages.at(-1);
      // No message is no proof of the end: it may as well be an answer that did not come.
      if (!last) return { next, keys, complete: false };
      next = last.sequence + 1;
      if (last.headers.get('Nats-Num-Pending') === '0') return { next, keys, complete: true };
    }
  }

  /** Puts states on the board; returns the keys that are there. */
  #take(messages: readonly StoredMessage[], board: Board): string[] {
    const keys: string[] = [];
    const states: FeedState[] = [];
    for (const message of messages) {
      const stored = readStoredFeed(message);
      const { key, source, feed } = stored;
      if (stored.kind === 'deleted') {
        board.removeFeed(source, feed);
        this.#known.delete(key);
        continue;
      }
      keys.push(key);
      if (stored.kind === 'unreadable') {
        this.#onUnreadable(key, stored.reason);
        continue;
      }
      this.#known.set(key, { source, feed });
      states.push(stored.state);
    }
    board.recordFeeds(states);
    return keys;
  }
}
