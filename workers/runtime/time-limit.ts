// Time limits that hold. On Node 20, AbortSignal.any forgets an AbortSignal.timeout as soon as memory is collected, and then
// never aborts.
import { joinSignals } from './joined-signal.ts';

/** A limit that runs until it is cleared. */
export interface TimeLimit {
  /** Aborts with the signal that was given, or when the time is over. */
  readonly signal: AbortSignal;
  /** Whether the time is over, and was before the given signal aborted. */
  readonly expired: boolean;
  /** Ends it; call this whatever came of the work. */
  clear(): void;
}

/** Starts a limit, in milliseconds. */
export function limitTime(milliseconds: number, signal: AbortSignal): TimeLimit {
  const over = new AbortController();
  const limited = joinSignals(signal, over.signal);
  let expired = false;
  const timer = setTimeout(() => {
    expired = !limited.signal.aborted;
    over.abort(new DOMException(`no end within ${milliseconds} ms`, 'TimeoutError'));
  }, milliseconds);
  return {
    signal: limited.signal,
    get expired() {
      return expired;
    },
    clear: () => {
      clearTimeout(timer);
      limited.release();
    },
  };
}

/** Does work with a signal that also aborts after so long. */
export async function withinTime<T>(
  milliseconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = limitTime(milliseconds, signal);
  try {
    return await work(limit.signal);
  } finally {
    limit.clear();
  }
}
