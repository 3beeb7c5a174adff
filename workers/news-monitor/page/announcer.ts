// Tells screen readers what happened, in a summary now and then rather than item by item.
import { setText } from './dom.ts';
import { plural } from './format.ts';

const INTERVAL_MS = 10_000;

/** Writes to a polite live region. */
export class Announcer {
  readonly #region: HTMLElement;
  #newItems = 0;
  #timer: number | undefined;
  #spokenAt = Number.NEGATIVE_INFINITY;

  constructor(region: HTMLElement) {
    this.#region = region;
  }

  /** Says something at once. */
  say(text: string): void {
    setText(this.#region, text);
  }

  /** Counts new items and says how many, at most every ten seconds. */
  countNews(count: number): void {
    if (count === 0) return;
    this.#newItems += count;
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#spokenAt + INTERVAL_MS - performance.now());
    this.#timer = window.setTimeout(() => {
      this.#timer = undefined;
      this.#spokenAt = performance.now();
      this.say(plural(this.#newItems, 'new item'));
      this.#newItems = 0;
    }, waitMs);
  }
}
