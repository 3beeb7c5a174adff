// One news item as an element. Everything in it came from a feed, so everything is text.
import type { NewsEntry } from '../snapshot.ts';
import { time } from './clock.ts';
import { element, webAddress } from './dom.ts';
import { formatLatency, formatMoment } from './format.ts';

const HUES = 6;

/** A source keeps its colour: a small number from its name. */
export function hueOf(source: string): string {
  let hash = 0;
  for (const character of source) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return String(hash % HUES);
}

function titleOf(entry: NewsEntry): Node | string {
  const href = webAddress(entry.link);
  if (href === undefined) return entry.title;
  return element('a', { href, rel: 'noopener noreferrer nofollow', target: '_blank' }, entry.title);
}

/** Makes the list item; `dir="auto"` also keeps one item's writing direction from reaching the next. */
export function newsItem(entry: NewsEntry): HTMLLIElement {
  const language: Record<string, string> = entry.language ? { lang: entry.language } : {};
  const meta = element(
    'p',
    { class: 'meta' },
    element('span', { class: 'chip', 'data-hue': hueOf(entry.source) }, entry.source),
    time('age', entry.at),
  );
  if (entry.author) meta.append(element('span', { class: 'author', dir: 'auto' }, entry.author));
  if (entry.date) {
    const published = element('time', { datetime: entry.date }, formatMoment(entry.date));
    meta.append(element('span', {}, 'published ', published));
  }
  if (entry.latencyMs !== null) {
    const title = 'From received to processed';
    meta.append(element('span', { class: 'took', title }, `took ${formatLatency(entry.latencyMs)}`));
  }
  const item = element('li', {}, element('h3', { dir: 'auto', ...language }, titleOf(entry)), meta);
  if (entry.description) {
    meta.before(element('p', { class: 'description', dir: 'auto', ...language }, entry.description));
  }
  return item;
}
