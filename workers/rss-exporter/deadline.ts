// Ends one request in time: aborts when the caller does, or when one of its time limits has passed.

/** A time limit that has passed. */
export class PollTimeoutError extends Error {
  override readonly name = 'PollTimeoutError';
}

/** An abort signal with time limits; `close()` it when the request has ended, or its timers stay. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #follow = () => this.#controller.abort(this.#parent.reason);

  constructor(parent: AbortSignal) {
    this.#parent = parent;
    if (parent.aborted) this.#follow();
    else parent.addEventListener('abort', this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts with a {@link PollTimeoutError} saying `message` after `ms`, unless the returned function is called first. */
  limit(ms: number, message: string): () => void {
    const timer = setTimeout(() => this.#controller.abort(new PollTimeoutError(message)), Math.max(0, ms));
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#parent.removeEventListener('abort', this.#follow);
  }
}
