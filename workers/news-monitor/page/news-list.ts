// The list of news: new items on top, but never under the eyes of somebody who reads.
import type { NewsEntry } from '../snapshot.ts';
import { find } from './dom.ts';
import { formatCount, plural } from './format.ts';
import { newsItem } from './news-item.ts';

/** Items kept in the page. */
const KEPT = 200;
/** Items shown before the reader asks for older ones; the style sheet hides the rest. */
const SHOWN = 40;

/** Keeps the list; items that would move what is being read wait behind a button. */
export class NewsList {
  readonly #list = find<HTMLOListElement>('news-list');
  readonly #heading = find('news');
  readonly #live = find('live');
  readonly #button = find<HTMLButtonElement>('new-items');
  readonly #older = find<HTMLButtonElement>('older');
  readonly #ids = new Set<string>();
  /** Newest first. */
  #waiting: NewsEntry[] = [];
  #waitingCount = 0;
  #unlisted = 0;
  #paused = false;

  constructor() {
    this.#button.addEventListener('click', () => this.#showWaiting());
    this.#older.addEventListener('click', () => this.#showOlder());
    const flush = () => this.#flush();
    window.addEventListener('scroll', flush, { passive: true });
    // Focus has not arrived at its next place yet while it leaves this one.
    this.#list.addEventListener('focusout', () => window.setTimeout(flush));
  }

  /**
   * Takes in items, newest first; those already here are passed over.
   * @param skipped items that the monitor counted but did not send
   * @returns how many were new
   */
  add(items: readonly NewsEntry[], skipped: number): number {
    const fresh = items.filter(({ id }) => !this.#ids.has(id));
    for (const { id } of fresh) this.#ids.add(id);
    this.#unlisted += skipped;
    this.#waiting = [...fresh, ...this.#waiting];
    for (const { id } of this.#waiting.splice(KEPT)) this.#ids.delete(id);
    this.#waitingCount += fresh.length + skipped;
    this.#flush();
    return fresh.length + skipped;
  }

  /** Holds new items back, or lets them in again. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#flush();
  }

  /** Whether an insertion would move what somebody is reading. */
  #held(): boolean {
    if (this.#list.childElementCount === 0) return false;
    // Behind the answers of a search nothing is read.
    if (this.#live.hidden && !this.#paused) return false;
    if (this.#paused || this.#list.contains(document.activeElement)) return true;
    return window.scrollY > 8 && this.#list.getBoundingClientRect().top < window.innerHeight / 2;
  }

  #flush(): void {
    if (this.#held()) {
      this.#button.hidden = this.#waitingCount === 0;
      this.#button.textContent = plural(this.#waitingCount, 'new item');
      document.title = this.#waitingCount === 0 ? 'Newsjet' : `(${formatCount(this.#waitingCount)}) Newsjet`;
    } else {
      this.#insert();
    }
  }

  #insert(): void {
    this.#button.hidden = true;
    document.title = 'Newsjet';
    if (this.#waiting.length > 0) {
      const first = this.#list.childElementCount === 0;
      const rows = this.#waiting.map((entry) => {
        const row = newsItem(entry);
        row.dataset.id = entry.id;
        if (!first) row.classList.add('fresh');
        return row;
      });
      this.#list.prepend(...rows);
      this.#waiting = [];
      this.#trim();
    }
    this.#waitingCount = 0;
    const unlisted = this.#unlisted;
    find('news-note').textContent = unlisted === 0 ? '' : `${formatCount(unlisted)} more came too fast to be listed`;
    find('news-empty').hidden = this.#list.childElementCount > 0;
  }

  #trim(): void {
    while (this.#list.childElementCount > KEPT) {
      const row = this.#list.lastElementChild as HTMLLIElement;
      this.#ids.delete(row.dataset.id ?? '');
      row.remove();
    }
    this.#older.hidden = this.#list.childElementCount <= SHOWN || 'all' in this.#list.dataset;
  }

  #showWaiting(): void {
    this.#insert();
    this.#heading.focus({ preventScroll: true });
    this.#heading.scrollIntoView({ block: 'start' });
  }

  #showOlder(): void {
    this.#list.dataset.all = '';
    this.#older.hidden = true;
    const next = this.#list.children[SHOWN] as HTMLElement | undefined;
    (next?.querySelector('a') ?? this.#heading).focus({ preventScroll: true });
  }
}
