// The sources: what their feeds add up to, with the feeds themselves one click away.
import type { FeedRow, SourceRow, SourcesEvent } from '../snapshot.ts';
import { setTime, time } from './clock.ts';
import { element, find, setChildren, setText } from './dom.ts';
import { formatCount, plural } from './format.ts';
import { hueOf } from './hues.ts';

const STATUS: Readonly<Record<FeedRow['status'], string>> = { active: 'ok', failing: 'failing', gone: 'gone' };

function feedItem(feed: FeedRow): HTMLLIElement {
  const status =
    feed.status === 'failing' && feed.failures > 1 ? `failing, ${feed.failures} times` : STATUS[feed.status];
  const head = element(
    'p',
    { class: 'feed-head' },
    element('span', { class: 'feed-name' }, feed.feed),
    element('span', { class: 'badge', 'data-status': feed.status }, status),
  );
  const polls = element('p', { class: 'meta' });
  if (feed.lastPollAt) polls.append(element('span', {}, 'polled ', time('age', feed.lastPollAt)));
  if (feed.nextPollAt) polls.append(element('span', {}, 'next ', time('due', feed.nextPollAt)));
  const item = element('li', { class: 'feed' }, head, polls);
  if (feed.lastError !== null) item.append(element('p', { class: 'error-text', dir: 'auto' }, feed.lastError));
  return item;
}

/** One source; its elements stay, so that opened details and the focus survive updates. */
class SourceCard {
  readonly node: HTMLElement;
  readonly #counts = element('p', { class: 'counts' });
  readonly #last = time('age');
  readonly #next = time('due');
  readonly #lastNone = element('span', {}, 'never');
  readonly #nextNone = element('span', {}, 'not planned');
  readonly #errorText = element('p', { class: 'error-text', dir: 'auto' });
  readonly #errorFeed = element('span', { class: 'feed-name' });
  readonly #errorAt = time('age');
  readonly #error: HTMLElement;
  readonly #summary = element('summary');
  readonly #feeds = element('ul', { class: 'feeds' });
  readonly #details = element('details', {}, this.#summary, this.#feeds);
  #row: SourceRow | undefined;
  #rendered = '';

  constructor(source: string) {
    const polls = element(
      'dl',
      { class: 'polls' },
      element('div', {}, element('dt', {}, 'Last poll'), element('dd', {}, this.#last, this.#lastNone)),
      element('div', {}, element('dt', {}, 'Next poll'), element('dd', {}, this.#next, this.#nextNone)),
    );
    const where = element('p', { class: 'meta' }, element('span', {}, 'Last error, ', this.#errorFeed), this.#errorAt);
    this.#error = element('div', { class: 'last-error', hidden: '' }, where, this.#errorText);
    const title = element('h3', {}, element('span', { class: 'chip', 'data-hue': hueOf(source) }, source));
    const head = element('div', { class: 'card-head' }, title, this.#counts);
    this.node = element('article', { class: 'card' }, head, polls, this.#error, this.#details);
    this.#details.addEventListener('toggle', () => this.#renderFeeds());
  }

  update(row: SourceRow): void {
    this.#row = row;
    const unpolled = row.total - row.active - row.failing - row.gone;
    const counts: [number, string, string][] = [
      [row.active, 'active', 'ok'],
      [row.failing, 'failing', 'failing'],
      [row.gone, 'gone', 'gone'],
      [unpolled, 'unpolled', 'not polled yet'],
    ];
    const badges = counts
      .filter(([count, status]) => count > 0 || status === 'active')
      .map(([count, status, label]) =>
        element('span', { class: 'badge', 'data-status': status }, `${formatCount(count)} ${label}`),
      );
    if (this.#counts.textContent !== badges.map((badge) => badge.textContent).join('')) {
      this.#counts.replaceChildren(...badges);
    }
    this.#setPoll(this.#last, this.#lastNone, row.lastPollAt);
    this.#setPoll(this.#next, this.#nextNone, row.nextPollAt);
    this.#error.hidden = row.lastError === null;
    if (row.lastError) {
      setText(this.#errorFeed, row.lastError.feed);
      setText(this.#errorText, row.lastError.error);
      this.#setPoll(this.#errorAt, undefined, row.lastError.at);
    }
    const listed = row.feeds.length;
    setText(
      this.#summary,
      listed === row.total ? plural(row.total, 'feed') : `${formatCount(listed)} of ${plural(row.total, 'feed')}`,
    );
    this.#details.hidden = listed === 0;
    this.#renderFeeds();
  }

  #setPoll(node: HTMLTimeElement, none: HTMLElement | undefined, iso: string | null): void {
    node.hidden = iso === null;
    if (none) none.hidden = iso !== null;
    if (iso !== null) setTime(node, iso);
  }

  /** Only opened details hold their feeds, and only a change makes them anew. */
  #renderFeeds(): void {
    if (!this.#details.open || !this.#row) return;
    const rendered = JSON.stringify(this.#row.feeds);
    if (rendered === this.#rendered) return;
    this.#rendered = rendered;
    this.#feeds.replaceChildren(...this.#row.feeds.map(feedItem));
  }
}

export class SourceCards {
  readonly #list = find('sources-list');
  readonly #empty = find('sources-empty');
  readonly #cards = new Map<string, SourceCard>();

  update({ sources }: SourcesEvent): void {
    const names = new Set(sources.map(({ source }) => source));
    for (const name of this.#cards.keys()) if (!names.has(name)) this.#cards.delete(name);
    const nodes = sources.map((row) => {
      const card = this.#cards.get(row.source) ?? new SourceCard(row.source);
      this.#cards.set(row.source, card);
      card.update(row);
      return card.node;
    });
    setChildren(this.#list, nodes);
    this.#empty.hidden = nodes.length > 0;
  }
}
