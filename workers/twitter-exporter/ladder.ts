// How long to wait before the next try, as the API asks: three ladders, each climbed by failures of its own kind.

/** Network errors; HTTP errors; too many requests or connections. */
export type LadderKind = 'network' | 'http' | 'rateLimit';

/** A wish of the API to be left alone for longer than this is taken for a mistake. */
const MAX_RESET_MS = 24 * 3_600_000;
const MAX_RATE_LIMIT_MS = 960_000;
/** Share of a wait that chance may add, so that clients cut off together do not return together. */
const JITTER = 0.2;

const STEPS: Readonly<Record<LadderKind, (attempt: number) => number>> = {
  network: (attempt) => Math.min(250 * attempt, 16_000),
  http: (attempt) => Math.min(5_000 * 2 ** (attempt - 1), 320_000),
  rateLimit: (attempt) => Math.min(60_000 * 2 ** (attempt - 1), MAX_RATE_LIMIT_MS),
};

/**
 * How long to wait after so many failures of a kind, in milliseconds. Chance only ever adds: the API's steps are the least.
 * @param attempt counts from 1
 * @param random from 0 to 1
 * @param untilResetMs how long the API wants to be left alone, if it said so: never less than that
 */
export function waitMs(kind: LadderKind, attempt: number, random: number, untilResetMs = 0): number {
  const step = STEPS[kind](attempt);
  const asked = untilResetMs <= MAX_RESET_MS ? Math.max(0, untilResetMs) : 0;
  return Math.ceil(Math.max(step, asked) + random * JITTER * step);
}

/** The three ladders of one connection. */
export class Ladder {
  readonly #failures: Record<LadderKind, number> = { network: 0, http: 0, rateLimit: 0 };

  /** Failures since data came last. */
  get failures(): number {
    return Object.values(this.#failures).reduce((sum, count) => sum + count, 0);
  }

  /** Notes a failure and says how long to wait: see {@link waitMs}. */
  fail(kind: LadderKind, random: number, untilResetMs = 0): number {
    this.#failures[kind] += 1;
    return waitMs(kind, this.#failures[kind], random, untilResetMs);
  }

  /** Data came: all ladders begin anew. */
  reset(): void {
    for (const kind of Object.keys(this.#failures) as LadderKind[]) this.#failures[kind] = 0;
  }
}
