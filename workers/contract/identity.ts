// Identity of a news item: which items of different sources are the same news.
import { createHash } from 'node:crypto';
import type { IdentityRule } from './definition.ts';

/**
 * Folds what does not distinguish two titles: compatibility forms (NFKC), case, punctuation, symbols and runs of spaces.
 * Letters, marks and digits of every script stay. A title of symbols alone keeps them, so that it is not empty.
 */
export function normaliseTitle(title: string): string {
  const folded = title.normalize('NFKC').toLowerCase();
  const words = folded.replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ').trim();
  return words || folded.replace(/\s+/gu, ' ').trim();
}

/**
 * Computes the id of a news item: 32 hexadecimal digits (128 bits of SHA-256) of its normalised title, or of its
 * link where the source's rule says so and the item has one.
 */
export function newsId(rule: IdentityRule, item: { readonly title: string; readonly link: string }): string {
  const key = rule === 'link' && item.link !== '' ? `link ${item.link}` : `title ${normaliseTitle(item.title)}`;
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}
