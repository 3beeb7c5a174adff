// One signal of several, which leaves nothing behind: on Node 20 each AbortSignal.any stays with its sources for as long as they
// live, and those of a process live as long as it does.

/** A signal that aborts with the first of its sources, with that one's reason, until it is released. */
export interface JoinedSignal {
  readonly signal: AbortSignal;
  /** Lets go of the sources; call this when nobody waits for the signal any more. */
  release(): void;
}

/** Joins signals. */
export function joinSignals(...sources: readonly AbortSignal[]): JoinedSignal {
  const joined = new AbortController();
  const aborted = sources.find((source) => source.aborted);
  if (aborted) {
    joined.abort(aborted.reason);
    return { signal: joined.signal, release: () => {} };
  }
  const ends = sources.map((source) => {
    const pass = (): void => {
      release();
      joined.abort(source.reason);
    };
    source.addEventListener('abort', pass);
    return () => source.removeEventListener('abort', pass);
  });
  const release = (): void => {
    for (const end of ends) end();
  };
  return { signal: joined.signal, release };
}
