// Rate limits: so many requests in a window of fifteen minutes that begins with the first of them.

/** How often an endpoint may be asked. */
export class RateLimit {
  readonly #now: () => number;
  readonly #windowMs: number;
  #limit: number;
  #used = 0;
  #resetMs = 0;

  constructor(limit: number, windowMs: number, now: () => number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#now = now;
  }

  /** Counts a request. @returns false when it is one too many */
  take(): boolean {
    this.#roll();
    if (this.#used >= this.#limit) return false;
    this.#used++;
    return true;
  }

  /** Sets another limit and begins a new window. */
  change(limit: number): void {
    this.#limit = limit;
    this.#used = 0;
    this.#resetMs = 0;
  }

  /** The headers of an answer. @param exhausted says that nothing remains, whatever was used */
  headers(exhausted = false): Record<string, string> {
    this.#roll();
    return {
      'x-rate-limit-limit': String(this.#limit),
      'x-rate-limit-remaining': String(exhausted ? 0 : this.#limit - this.#used),
      'x-rate-limit-reset': String(Math.ceil(this.#resetMs / 1_000)),
    };
  }

  #roll(): void {
    const now = this.#now();
    if (now < this.#resetMs) return;
    this.#used = 0;
    // Whole seconds, so that the header tells no client to come a moment too early.
    this.#resetMs = Math.ceil((now + this.#windowMs) / 1_000) * 1_000;
  }
}
