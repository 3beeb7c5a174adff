// What happened lately, bounded by time and by number. Immutable: a decision never changes the history that it was given.

/** Something that happened at a time, in milliseconds. */
export interface Timed {
  readonly atMs: number;
}

/** Most entries kept: an hour at one a second, which is the longest stabilisation window. */
const CAPACITY = 4_096;

/** Entries in the order of their times, the newest last. */
export class History<T extends Timed> {
  readonly entries: readonly T[];

  constructor(entries: readonly T[] = []) {
    this.entries = entries;
  }

  /**
   * A history with the entry at its end and without what is more than `keepMs` older. What is newer than the entry is dropped
   * too: the clock was set back, and the times of those entries mean nothing any more.
   */
  append(entry: T, keepMs: number): History<T> {
    const from = entry.atMs - keepMs;
    const kept = this.entries.filter(({ atMs }) => atMs >= from && atMs <= entry.atMs);
    return new History([...kept.slice(-(CAPACITY - 1)), entry]);
  }

  /** The entries of the last `windowMs` before `nowMs`; its start does not belong to a window. */
  within(windowMs: number, nowMs: number): readonly T[] {
    return this.entries.filter(({ atMs }) => atMs > nowMs - windowMs);
  }

  /** A history without some of its entries. */
  without(unwanted: (entry: T) => boolean): History<T> {
    return new History(this.entries.filter((entry) => !unwanted(entry)));
  }

  /** The newest entry that is not newer than a time. */
  at(timeMs: number): T | undefined {
    return this.entries.findLast(({ atMs }) => atMs <= timeMs);
  }
}
