// What the reader asks of the stored news, and how it is written in the page's address, the API's and the feeds'.
import { NEWS_API, NEWS_PARAMETERS } from '../../contract/news-api.ts';

export interface NewsQuestion {
  /** Words of the title or names of sources; empty asks for all. */
  readonly query: string;
  /** Any of these sources; empty means all. */
  readonly sources: readonly string[];
}

const { query: QUERY, source: SOURCE, cursor: CURSOR } = NEWS_PARAMETERS;

/** Reads the page's address; null when it asks for nothing, which shows the news as they arrive. */
export function readQuestion(search: string): NewsQuestion | null {
  const parameters = new URLSearchParams(search);
  if (!parameters.has(QUERY) && !parameters.has(SOURCE)) return null;
  const sources = parameters.getAll(SOURCE).filter((source) => source !== '');
  return { query: (parameters.get(QUERY) ?? '').trim(), sources: [...new Set(sources)] };
}

function parametersOf({ query, sources }: NewsQuestion): URLSearchParams {
  const parameters = new URLSearchParams();
  if (query !== '') parameters.set(QUERY, query);
  for (const source of sources) parameters.append(SOURCE, source);
  return parameters;
}

const addressOf = (path: string, parameters: URLSearchParams): string =>
  parameters.size === 0 ? path : `${path}?${parameters}`;

/** Writes the page's address, which `readQuestion` reads back; asking for all stored news is an empty query. */
export function pageAddress(path: string, question: NewsQuestion | null): string {
  if (question === null) return path;
  const parameters = parametersOf(question);
  return parameters.size === 0 ? `${path}?${QUERY}=` : `${path}?${parameters}`;
}

/** The API's address relative to the page. @param cursor the `next` of the page before */
export function apiAddress(question: NewsQuestion, cursor?: string): string {
  const parameters = parametersOf(question);
  if (cursor !== undefined) parameters.set(CURSOR, cursor);
  return addressOf(NEWS_API.news.slice(1), parameters);
}

/** The address of a feed of what is asked for, relative to the page. */
export const feedAddress = (feed: 'atom' | 'rss' | 'json', question: NewsQuestion | null): string =>
  addressOf(NEWS_API[feed].slice(1), question ? parametersOf(question) : new URLSearchParams());

export const sameQuestion = (a: NewsQuestion | null, b: NewsQuestion | null): boolean =>
  pageAddress('', a) === pageAddress('', b);
