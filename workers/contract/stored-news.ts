// A news item as the database keeps it: written by news-creator, read by news-reader.

/** The collection of news. */
export const NEWS_COLLECTION = 'news';

/** Document of the collection `news`. */
export interface NewsDocument {
  /** Identity of the item: see identity.ts. */
  readonly _id: string;
  readonly title: string;
  readonly description: string;
  readonly date: Date | null;
  /** An http or https address, or the empty string. */
  readonly link: string;
  readonly author?: string;
  readonly image?: string;
  /** BCP 47 tag. */
  readonly language?: string;
  /** Every source that brought it. */
  readonly sources: readonly string[];
  readonly storedAt: Date;
  /** The message that created the document: its redelivery must publish again, and no other may. */
  readonly createdBy: string;
  /** The words of the title, as searchTerms gives them. Documents from before there was a search have none. */
  readonly terms?: readonly string[];
}

/** Most terms of a title, and characters of a term: an index entry is made of each. */
const MAX_TERMS = 64;
const MAX_TERM_LENGTH = 64;

/**
 * The distinct words of a text, folded so that case, accents, width and punctuation make no difference. A search asks for
 * documents that have, for each word of the question, a term that begins with it: which an index on `terms` answers.
 * Languages that put no spaces between words are cut into words by Intl.Segmenter.
 */
export function searchTerms(text: string): string[] {
  const terms = new Set<string>();
  const folded = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  for (const { segment, isWordLike } of new Intl.Segmenter('und', { granularity: 'word' }).segment(folded)) {
    if (!isWordLike) continue;
    // Words with a full stop or an apostrophe inside are found by their parts, too.
    for (const word of segment.split(/[^\p{L}\p{N}]+/u)) {
      if (word) terms.add([...word].slice(0, MAX_TERM_LENGTH).join(''));
      if (terms.size === MAX_TERMS) return [...terms];
    }
  }
  return [...terms];
}
