// A question as a filter of the database, made so that an index can serve each of its parts.
import type { Filter } from 'mongodb';
import { type NewsDocument, searchTerms } from '../contract/stored-news.ts';
import type { Position } from './cursor.ts';
import type { Question } from './question.ts';

/** Latest stored first. */
export const NEWEST_FIRST = { storedAt: -1, _id: -1 } as const;

/** Computes which documents a question is for. */
export function filterOf({ query, sources, after }: Question): Filter<NewsDocument> {
  const parts: Filter<NewsDocument>[] = [
    ...wordsOf(query).map(foundBy),
    ...(sources.length > 0 ? [{ sources: { $in: [...sources] } }] : []),
    ...(after ? [beyond(after)] : []),
  ];
  return parts.length > 0 ? { $and: parts } : {};
}

const wordsOf = (query: string): string[] => [...new Set(query.toLowerCase().split(/\s+/u))].filter(Boolean);

/** What the names of sources are made of. */
const NAME_PART = /^[a-z0-9-]+$/;
const NOTHING: Filter<NewsDocument> = { _id: { $in: [] } };

/** A word of the question begins the name of a source, or its terms begin terms of the title: `well-known` has two. */
function foundBy(word: string): Filter<NewsDocument> {
  const terms = searchTerms(word).map((term) => ({ terms: beginning(term) }));
  const ways: Filter<NewsDocument>[] = [
    ...(terms.length > 0 ? [{ $and: terms }] : []),
    ...(NAME_PART.test(word) ? [{ sources: beginning(word) }] : []),
  ];
  return ways.length > 0 ? { $or: ways } : NOTHING;
}

/**
 * Anchored and with no flags: only such an expression has a range of the index to itself. Letters, digits and dashes, which is
 * all that comes here, mean nothing in it but themselves.
 */
const beginning = (text: string): RegExp => new RegExp(`^${text}`);

/** The first condition bounds the index; the second drops what of the same millisecond came before. */
const beyond = ({ storedAt, id }: Position): Filter<NewsDocument> => ({
  storedAt: { $lte: storedAt },
  $or: [{ storedAt: { $lt: storedAt } }, { _id: { $lt: id } }],
});
