// Ids of posts: numbers that grow with time, as X makes them (milliseconds since its epoch, then 22 bits of counting).

const EPOCH_MS = 1_288_834_974_657;
const COUNT_BITS = 22n;

/** The id of a moment. @param count tells apart what happens in one millisecond, below 2^22 */
export const idAt = (timeMs: number, count = 0): string =>
  ((BigInt(Math.floor(timeMs) - EPOCH_MS) << COUNT_BITS) | BigInt(count)).toString();

/** The moment of an id, in milliseconds since 1970. */
export const timeOfId = (id: string): number => Number(BigInt(id) >> COUNT_BITS) + EPOCH_MS;

/** Orders ids by age, the oldest first. */
export const compareIds = (one: string, other: string): number =>
  one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);

/** Gives out ids that never repeat and never go back. */
export class IdSource {
  readonly #now: () => number;
  #timeMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  next(): string {
    const timeMs = Math.max(Math.floor(this.#now()), this.#timeMs);
    this.#count = timeMs === this.#timeMs ? this.#count + 1 : 0;
    this.#timeMs = timeMs;
    return idAt(timeMs, this.#count);
  }
}
