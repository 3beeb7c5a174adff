// One news item as an element. Everything in it came from a feed, so everything is text.
import type { StoredNews } from '../../contract/news-api.ts';
import type { NewsEntry } from '../snapshot.ts';
import { time } from './clock.ts';
import { element, webAddress } from './dom.ts';
import { formatLatency, formatMoment } from './format.ts';
import { hueOf } from './hues.ts';

type Texts = Pick<StoredNews, 'title' | 'description' | 'link' | 'language' | 'author' | 'date'>;

function titleOf({ title, link }: Texts): Node | string {
  const href = webAddress(link);
  if (href === undefined) return title;
  return element('a', { href, rel: 'noopener noreferrer nofollow', target: '_blank' }, title);
}

/**
 * Makes the list item; `dir="auto"` also keeps one item's writing direction from reaching the next.
 * @param at when it was processed or stored
 */
function item(news: Texts, sources: readonly string[], at: string, latencyMs: number | null): HTMLLIElement {
  const language: Record<string, string> = news.language ? { lang: news.language } : {};
  const chips = sources.map((source) => element('span', { class: 'chip', 'data-hue': hueOf(source) }, source));
  const meta = element('p', { class: 'meta' }, ...chips, time('age', at));
  if (news.author) meta.append(element('span', { class: 'author', dir: 'auto' }, news.author));
  if (news.date) {
    const published = element('time', { datetime: news.date }, formatMoment(news.date));
    meta.append(element('span', { class: 'published' }, 'published ', published));
  }
  if (latencyMs !== null) {
    const title = 'From received to processed';
    meta.append(element('span', { class: 'took', title }, `took ${formatLatency(latencyMs)}`));
  }
  const node = element('li', {}, element('h3', { dir: 'auto', ...language }, titleOf(news)), meta);
  if (news.description) {
    meta.before(element('p', { class: 'description', dir: 'auto', ...language }, news.description));
  }
  return node;
}

/** Makes the list item of news that have just come. */
export const newsItem = (entry: NewsEntry): HTMLLIElement => item(entry, [entry.source], entry.at, entry.latencyMs);

/** Makes the list item of stored news. */
export const storedItem = (news: StoredNews): HTMLLIElement => item(news, news.sources, news.storedAt, null);
