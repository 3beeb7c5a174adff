// Time limits that hold. On Node 20, AbortSignal.any forgets an AbortSignal.timeout as soon as memory is collected, and then
// never aborts.

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
  const limited = new AbortController();
  let expired = false;
  const pass = (): void => limited.abort(signal.reason);
  const timer = setTimeout(() => {
    expired = !limited.signal.aborted;
    limited.abort(new DOMException(`no end within ${milliseconds} ms`, 'TimeoutError'));
  }, milliseconds);
  if (signal.aborted) pass();
  else signal.addEventListener('abort', pass, { once: true });
  return {
    signal: limited.signal,
    get expired() {
      return expired;
    },
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', pass);
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
