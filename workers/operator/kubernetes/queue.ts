// The work queue of a controller: each key once, one worker a key at a time, and later each time that a key fails.
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { backoffMs, type Clock, SYSTEM_CLOCK } from './clock.ts';
import { ConflictError, ThrottledError } from './errors.ts';

export interface WorkQueueOptions {
  /** Makes what a key names as it should be. What it throws is logged, and it is done again. */
  readonly work: (key: string, signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
  /** Keys worked on at a time. @default 4 */
  readonly concurrency?: number;
  /** Wait after the first failure of a key. @default 200 */
  readonly firstDelayMs?: number;
  /** Longest wait after a failure. @default 60000 */
  readonly maxDelayMs?: number;
  /** Told of each piece of work when it has ended. */
  readonly onWorked?: (key: string, result: 'success' | 'error') => void;
  /** @default the system's */
  readonly clock?: Clock;
}

/** Keys of objects, such as `newsjet/news-creator`, that wait to be looked at. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;
  /** In the order in which they came; a key that is being worked on may be in it too, and is passed over until then. */
  readonly #waiting = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();
  /** Keys that are due later, each with what ends its waiting. */
  readonly #later = new Map<string, { readonly dueAtMs: number; readonly cancel: AbortController }>();
  readonly #failures = new Map<string, number>();
  #closed = false;
  #wake: () => void = () => {};

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** Keys that wait for a worker now. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** Asks for work on a key, now or as soon as the work on it that goes on has ended. */
  add(key: string): void {
    if (this.#closed) return;
    this.#forgetLater(key);
    this.#waiting.add(key);
    this.#wake();
  }

  /** Asks for work on a key in so long; the earliest of several such wishes counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed || this.#waiting.has(key)) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const dueAtMs = this.#clock.monotonicMs() + ms;
    const earlier = this.#later.get(key);
    if (earlier && earlier.dueAtMs <= dueAtMs) return;
    this.#forgetLater(key);
    const cancel = new AbortController();
    this.#later.set(key, { dueAtMs, cancel });
    this.#clock.pause(ms, cancel.signal).then(
      () => this.add(key),
      () => {},
    );
  }

  /**
   * Works until `shutDown`, or until the signal aborts; returns when no work is in hand any more.
   * @param signal also given to the work. What waits then is left: whoever leads next looks at everything anyway.
   */
  async run(signal: AbortSignal): Promise<void> {
    const abort = (): void => {
      this.#close();
      this.#waiting.clear();
      this.#wake();
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    while (!this.#closed || this.#waiting.size > 0 || this.#working.size > 0) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#begin(signal);
      await woken;
    }
    signal.removeEventListener('abort', abort);
  }

  /** Takes nothing more; what waits for a worker is still worked off, what is due later is not. */
  shutDown(): void {
    this.#close();
    this.#wake();
  }

  /** Begins as much work as may go on at a time. */
  #begin(signal: AbortSignal): void {
    const { concurrency = 4 } = this.#options;
    for (const key of this.#waiting) {
      if (this.#working.size >= concurrency) return;
      if (this.#working.has(key)) continue;
      this.#waiting.delete(key);
      const ended = this.#work(key, signal).finally(() => {
        this.#working.delete(key);
        this.#wake();
      });
      this.#working.set(key, ended);
    }
    // Nothing may be left that would wake us.
    if (this.#closed && this.#working.size === 0) this.#wake();
  }

  async #work(key: string, signal: AbortSignal): Promise<void> {
    const { work, log, onWorked } = this.#options;
    try {
      await work(key, signal);
      this.#failures.delete(key);
      onWorked?.(key, 'success');
    } catch (error) {
      if (signal.aborted) return;
      onWorked?.(key, 'error');
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      const delayMs = this.#delayMs(failures, error);
      // Somebody else was faster, which happens in the best of clusters.
      const level = error instanceof ConflictError ? 'debug' : 'warn';
      log[level](
        { key, failures, delayMs: Math.round(delayMs), reason: reasonOf(error) },
        'work failed, doing it again',
      );
      this.addAfter(key, delayMs);
    }
  }

  #delayMs(failures: number, error: unknown): number {
    const { firstDelayMs: firstMs = 200, maxDelayMs: maxMs = 60_000 } = this.#options;
    const ownMs = backoffMs(failures, { firstMs, maxMs }, this.#clock.random);
    return error instanceof ThrottledError ? Math.max(ownMs, error.retryAfterMs) : ownMs;
  }

  #close(): void {
    this.#closed = true;
    for (const key of [...this.#later.keys()]) this.#forgetLater(key);
  }

  #forgetLater(key: string): void {
    this.#later.get(key)?.cancel.abort();
    this.#later.delete(key);
  }
}
