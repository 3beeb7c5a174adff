// The reader of JSON Feed 1.0 and 1.1.
import type { Feed, FeedAddress, FeedEntry, FeedText } from './entry.ts';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Texts among some values; numbers count as texts, as identifiers often are. */
const strings = (...values: readonly unknown[]): string[] =>
  values
    .map((value) => (typeof value === 'number' ? String(value) : value))
    .filter((value) => typeof value === 'string')
    .map((value) => value.trim())
    .filter((value) => value !== '');

const addresses = (...values: readonly unknown[]): FeedAddress[] =>
  strings(...values).map((href) => ({ href, base: undefined }));

const texts = (kind: FeedText['kind'], value: unknown): FeedText[] =>
  strings(value).map((text) => ({ kind, value: text }));

const isFeed = (value: Fields): boolean =>
  (typeof value.version === 'string' && /^https?:\/\/(?:www\.)?jsonfeed\.org\/version\//.test(value.version)) ||
  (Array.isArray(value.items) &&
    ['title', 'home_page_url', 'feed_url'].some((name) => typeof value[name] === 'string'));

/**
 * Reads a JSON Feed. Items that are no objects are lost, and counted.
 * @throws {Error} saying why it is none
 */
export function readJsonFeed(data: string): Feed {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw new Error('it begins like JSON but is not well-formed', { cause });
  }
  if (!isObject(value) || !isFeed(value)) throw new Error('it is JSON but not a JSON Feed');
  const items = list(value.items);
  const entries = items.filter(isObject).map(toEntry);
  return {
    links: addresses(value.home_page_url),
    author: authorOf(value),
    language: strings(value.language)[0] ?? '',
    entries,
    lost: items.length - entries.length,
  };
}

function toEntry(item: Fields): FeedEntry {
  const attachments = list(item.attachments).filter(isObject);
  const pictures = attachments.filter(({ mime_type: type }) => typeof type === 'string' && type.startsWith('image/'));
  const identifiers = strings(item.id).filter((id) => /^https?:\/\//i.test(id));
  return {
    titles: texts('text', item.title),
    descriptions: [
      ...texts('text', item.summary),
      ...texts('html', item.content_html),
      ...texts('literal', item.content_text),
    ],
    dates: strings(item.date_published, item.date_modified),
    links: addresses(item.url, item.external_url, ...identifiers),
    images: addresses(item.image, item.banner_image, ...pictures.map(({ url }) => url)),
    author: authorOf(item),
    language: strings(item.language)[0] ?? '',
  };
}

/** Version 1.1 has a list of authors, 1.0 had one. */
function authorOf(fields: Fields): string {
  const authors = [...list(fields.authors), fields.author].filter(isObject);
  return [...new Set(strings(...authors.map(({ name }) => name)))].join(', ');
}
