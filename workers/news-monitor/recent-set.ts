// Remembers the latest of what it was given, and forgets the oldest.

/** A set of bounded size. */
export class RecentSet {
  readonly #size: number;
  readonly #values = new Set<string>();

  constructor(size: number) {
    this.#size = size;
  }

  has(value: string): boolean {
    return this.#values.has(value);
  }

  add(value: string): void {
    this.#values.add(value);
    // Sets keep the order of insertion.
    if (this.#values.size > this.#size) this.#values.delete(this.#values.values().next().value as string);
  }
}
