// From an entry as found in a feed to a news item that follows its schema.
import type { IdentityRule } from '../contract/definition.ts';
import { newsId } from '../contract/identity.ts';
import { NEWS_LIMITS, type NewsItem } from '../contract/messages.ts';
import { cleanText, decodeReferences, shorten } from '../runtime/text.ts';
import { parseDate } from './date.ts';
import type { FeedAddress, FeedEntry, FeedText } from './entry.ts';
import { htmlToText } from './html-text.ts';
import { cleanLink, resolveAddress } from './link.ts';

/** Code points of a title made from a description. */
const MAX_FALLBACK_TITLE = 100;

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
  const title =
    shorten(firstNonEmpty(entry.titles, plainTitle), NEWS_LIMITS.title) || shorten(described, MAX_FALLBACK_TITLE);
  if (title === '') return null;
  const link = firstNonEmpty(entry.links, ({ href, base }) =>
    cleanLink(href, base ?? context.base, NEWS_LIMITS.address),
  );
  const author = shorten(htmlToText(entry.author || context.author), NEWS_LIMITS.author);
  const image = firstNonEmpty(entry.images, (found) => imageAddress(found, context.base));
  const language = languageTag(entry.language) || languageTag(context.language);
  return {
    title,
    description: shorten(described, NEWS_LIMITS.description),
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
  return address.length <= NEWS_LIMITS.address ? address : '';
}

/** A language tag in its canonical form (`fr_fr` is fr-FR), or the empty string for what is none. */
function languageTag(written: string): string {
  if (written.length > 2 * NEWS_LIMITS.language) return '';
  try {
    const [tag = ''] = Intl.getCanonicalLocales(written.trim().replaceAll('_', '-') || []);
    return tag.length <= NEWS_LIMITS.language ? tag : '';
  } catch {
    return '';
  }
}
