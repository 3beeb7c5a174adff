// Identity of a news item: which items of different sources are the same news.
import { createHash } from 'node:crypto';
import type { IdentityRule } from './definition.ts';

/** What nobody reads: joiners, soft hyphens, variation selectors, the line that lengthens Arabic words, and trademark signs. */
const UNREAD = /[\p{Default_Ignorable_Code_Point}\u0640\u2120\u2122]+/gu;

const LETTER = '\\p{L}\\p{M}\\p{N}';
/**
 * Words, of letters, marks and digits. Two things that look like punctuation belong to them, or different news would be one:
 * the sign of a number (-0.5, +0.5), and `+` and `#` at the end (C++, C#).
 */
const WORDS = new RegExp(`(?:(?<![${LETTER}])[+-](?=\\p{N}))?[${LETTER}]+(?:[+#]+(?![+#${LETTER}]))?`, 'gu');

/**
 * Folds what does not distinguish two titles: compatibility forms (NFKC), case, punctuation, symbols and runs of spaces.
 * Letters, marks and digits of every script stay. A title of symbols alone keeps them, so that it is not empty.
 */
export function normaliseTitle(title: string): string {
  const folded = foldCase(title.replace(UNREAD, '').normalize('NFKC')).replaceAll('\u2212', '-');
  return folded.match(WORDS)?.join(' ') ?? folded.replace(/\s+/gu, ' ').trim();
}

/**
 * Folds case by way of upper case, which knows that STRASSE is Straße and KIRMIZI kırmızı (lower case before it knows ẞ). All
 * of i, I, İ and ı become one letter: which of them are a pair depends on the language, which a feed may not tell.
 */
const foldCase = (text: string): string =>
  text.toLowerCase().toUpperCase().toLowerCase().normalize('NFKC').replaceAll('i\u0307', 'i').replaceAll('ς', 'σ');

/**
 * Computes the id of a news item: 32 hexadecimal digits (128 bits of SHA-256) of its normalised title, or of its
 * link where the source's rule says so and the item has one.
 */
export function newsId(rule: IdentityRule, item: { readonly title: string; readonly link: string }): string {
  const key = rule === 'link' && item.link !== '' ? `link ${item.link}` : `title ${normaliseTitle(item.title)}`;
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}
