// Waits between attempts, and patience with a dependency that is away.
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { FatalError, PoisonError, StoppingError } from './errors.ts';

/** Exponential backoff with jitter: half to the whole of `firstMs` doubled per attempt, at most `maxMs`. */
export function backoffMs(attempt: number, firstMs: number, maxMs: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return full / 2 + (Math.random() * full) / 2;
}

/**
 * Waits.
 * @throws {StoppingError} as soon as the signal aborts
 */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // A thousand messages may wait for a stream that is full, all on the signal of the one process.
  setMaxListeners(0, signal);
  try {
    await delay(milliseconds, undefined, { signal });
  } catch {
    throw new StoppingError();
  }
}

/** Settings of `persist`. */
export interface Persistence {
  readonly signal: AbortSignal;
  /** Told of each failure, with the number of attempts so far. */
  readonly onFailure: (error: unknown, attempts: number) => void;
  /** Which failures may pass; others are thrown. @default all */
  readonly retryable?: (error: unknown) => boolean;
  /** @default 200 */
  readonly firstDelayMs?: number;
  /** @default 10000 */
  readonly maxDelayMs?: number;
}

/**
 * Does the work until it succeeds: for dependencies that may be away for long, such as the database. Poison and fatal
 * errors are not retried.
 * @throws {StoppingError} once the signal aborts
 */
export async function persist<T>(work: (attempt: number) => Promise<T>, options: Persistence): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    if (options.signal.aborted) throw new StoppingError();
    try {
      return await work(attempt);
    } catch (error) {
      if (error instanceof PoisonError || error instanceof FatalError || error instanceof StoppingError) throw error;
      if (options.retryable?.(error) === false) throw error;
      options.onFailure(error, attempt + 1);
    }
    await pause(backoffMs(attempt, options.firstDelayMs ?? 200, options.maxDelayMs ?? 10_000), options.signal);
  }
}
