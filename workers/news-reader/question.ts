// What is asked for, read from the query of an address; whatever is not understood is refused, not ignored.
import { NAME_PATTERN } from '../contract/feed-id.ts';
import { NEWS_LIMIT, NEWS_PARAMETERS, NEWS_QUERY_MAX_LENGTH } from '../contract/news-api.ts';
import { type Position, readCursor } from './cursor.ts';

/** A question for news. */
export interface Question {
  /** As it was asked, without spaces around it; empty for no search. */
  readonly query: string;
  /** Any of these sources; all when there is none. */
  readonly sources: readonly string[];
  readonly limit: number;
  /** Only what comes after it. */
  readonly after?: Position;
}

/** A question that can't be answered; the message says which parameter is wrong, and what is allowed. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
}

const { query: QUERY, source: SOURCE, limit: LIMIT, cursor: CURSOR } = NEWS_PARAMETERS;
/** Enough of a wrong value to find it by. */
const SHOWN_CHARACTERS = 60;

/**
 * Reads a question. A parameter that is there without a value, as forms send it, is none.
 * @param options.cursor whether one may be asked for the page after another
 * @throws {QuestionError}
 */
export function readQuestion(parameters: URLSearchParams, options: { readonly cursor: boolean }): Question {
  const allowed: string[] = [QUERY, SOURCE, LIMIT, ...(options.cursor ? [CURSOR] : [])];
  for (const name of new Set(parameters.keys())) {
    if (!allowed.includes(name)) {
      throw new QuestionError(`the parameter ${show(name)} is not known; allowed: ${allowed.join(', ')}`);
    }
    if (name !== SOURCE && parameters.getAll(name).length > 1) {
      throw new QuestionError(`${name} is there ${parameters.getAll(name).length} times; allowed: once`);
    }
  }
  const query = (parameters.get(QUERY) ?? '').trim();
  if (query.length > NEWS_QUERY_MAX_LENGTH) {
    throw new QuestionError(
      `${QUERY} has ${query.length} characters; allowed: words, at most ${NEWS_QUERY_MAX_LENGTH} characters`,
    );
  }
  const cursor = parameters.get(CURSOR) ?? '';
  return {
    query,
    sources: [...new Set(parameters.getAll(SOURCE).filter((name) => name !== ''))].map(checkSource),
    limit: readLimit(parameters.get(LIMIT) ?? ''),
    ...(cursor === '' ? {} : { after: positionOf(cursor) }),
  };
}

function checkSource(name: string): string {
  if (!NAME_PATTERN.test(name)) {
    throw new QuestionError(
      `${SOURCE} is ${show(name)}; allowed: the name of a source, of lower-case letters, digits and dashes`,
    );
  }
  return name;
}

function readLimit(value: string): number {
  if (value === '') return NEWS_LIMIT.otherwise;
  const limit = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(limit >= NEWS_LIMIT.least && limit <= NEWS_LIMIT.most)) {
    throw new QuestionError(
      `${LIMIT} is ${show(value)}; allowed: a whole number from ${NEWS_LIMIT.least} to ${NEWS_LIMIT.most}`,
    );
  }
  return limit;
}

function positionOf(cursor: string): Position {
  const position = readCursor(cursor);
  if (!position) {
    throw new QuestionError(`${CURSOR} is ${show(cursor)}; allowed: the "next" of the page before, as it was given`);
  }
  return position;
}

const show = (value: string): string =>
  JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value);
