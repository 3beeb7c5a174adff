// Time and chance, as whoever waits needs them; tests give their own.

import { joinSignals } from '../../runtime/joined-signal.ts';
import { pause } from '../../runtime/retry.ts';

export interface Clock {
  /** Milliseconds of a clock that nobody sets: for durations. */
  readonly monotonicMs: () => number;
  /** The time of day: for what is written down, never for decisions. */
  readonly date: () => Date;
  /** From 0 to 1. */
  readonly random: () => number;
  /** @throws {StoppingError} as soon as the signal aborts */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  monotonicMs: () => performance.now(),
  date: () => new Date(),
  random: Math.random,
  pause,
};

/** Exponential backoff with jitter: half to the whole of `firstMs`, doubled for each failure after the first, at most `maxMs`. */
export function backoffMs(
  failures: number,
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
  random: () => number,
): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 30));
  return full / 2 + (random() * full) / 2;
}

/** Does work with a signal that also aborts after so long. */
export async function withTimeLimit<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const done = new AbortController();
  clock.pause(Math.max(0, ms), done.signal).then(
    () => over.abort(),
    () => {},
  );
  const limited = joinSignals(signal, over.signal);
  try {
    return await work(limited.signal);
  } finally {
    limited.release();
    done.abort();
  }
}

/** A time as Kubernetes' MicroTime, which wants six digits. */
export const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');
