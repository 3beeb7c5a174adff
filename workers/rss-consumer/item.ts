// From an entry as found in a feed to a news item that follows its schema.
import type { IdentityRule } from '../contract/definition.ts';
import { newsId } from '../contract/identity.ts';
import type { NewsItem } from '../contract/messages.ts';
import { cleanText, decodeReferences, shorten } from '../runtime/text.ts';
import { parseDate } from './date.ts';
import type { FeedAddress, FeedEntry, FeedText } from './entry.ts';
import { htmlToText } from './html-text.ts';
import { cleanLink, resolveAddress } from './link.ts';

/** Limits of the schema, in code points, and of a title made from a description. */
const MAX_TITLE = 1_000;
const MAX_DESCRIPTION = 20_000;
const MAX_FALLBACK_TITLE = 100;
const MAX_ADDRESS = 4_096;
const MAX_AUTHOR = 500;
const MAX_LANGUAGE = 35;

/** What an item needs to know of the feed that it is in. */
export interface ItemContext {
  readonly source: string;
  readonly identity: IdentityRule;
  /** What relative addresses refer to where no `xml:base` says otherwise. */
  readonly base: string;
  readonly author: string;
  readonly language: string;
}

/**
 * Makes a news item.
 * @returns null when the entry has neither a title nor a description
 */
export function toItem(entry: FeedEntry, context: ItemContext): NewsItem | null {
  const described = firstNonEmpty(entry.descriptions, plainText);
  const title = shorten(firstNonEmpty(entry.titles, plainTitle), MAX_TITLE) || shorten(described, MAX_FALLBACK_TITLE);
  if (title === '') return null;
  const link = firstNonEmpty(entry.links, ({ href, base }) => cleanLink(href, base ?? context.base, MAX_ADDRESS));
  const author = shorten(htmlToText(entry.author || context.author), MAX_AUTHOR);
  const image = firstNonEmpty(entry.images, (found) => imageAddress(found, context.base));
  const language = languageTag(entry.language) || languageTag(context.language);
  return {
    title,
    description: shorten(described, MAX_DESCRIPTION),
    date: firstNonEmpty(entry.dates, (date) => parseDate(date) ?? '') || null,
    link,
    id: newsId(context.identity, { title, link }),
    source: context.source,
    ...(author === '' ? {} : { author }),
    ...(image === '' ? {} : { image }),
    ...(language === '' ? {} : { language }),
  };
}

function firstNonEmpty<T>(candidates: readonly T[], read: (candidate: T) => string): string {
  for (const candidate of candidates) {
    const text = read(candidate);
    if (text !== '') return text;
  }
  return '';
}

function plainText({ kind, value }: FeedText): string {
  if (kind === 'html') return htmlToText(value);
  return cleanText(kind === 'text' ? decodeReferences(value) : value);
}

/** Titles are escaped once too often more than anything else: what still reads like a reference is decoded. */
function plainTitle(text: FeedText): string {
  const plain = plainText(text);
  return text.kind === 'literal' ? plain : cleanText(decodeReferences(plain));
}

function imageAddress({ href, base }: FeedAddress, contextBase: string): string {
  const address = resolveAddress(href, base ?? contextBase)?.href ?? '';
  return address.length <= MAX_ADDRESS ? address : '';
}

/** A language tag in its canonical form (`fr_fr` is fr-FR), or the empty string for what is none. */
function languageTag(written: string): string {
  if (written.length > 2 * MAX_LANGUAGE) return '';
  try {
    const [tag = ''] = Intl.getCanonicalLocales(written.trim().replaceAll('_', '-') || []);
    return tag.length <= MAX_LANGUAGE ? tag : '';
  } catch {
    return '';
  }
}
