// The JSON API of stored news: answered by news-reader, asked by the page and by whoever likes.

/** Paths that news-reader answers; news-monitor passes them on from the page's address. */
export const NEWS_API = {
  news: '/api/news',
  atom: '/feed.atom',
  rss: '/feed.rss',
  json: '/feed.json',
} as const;

/** Query parameters, the same for the API and for feeds (which take no cursor). */
export const NEWS_PARAMETERS = {
  /** Words of the title or names of sources; every one must be found, as a word's beginning. */
  query: 'q',
  /** Name of a source; several times for any of several. */
  source: 'source',
  /** How many at most, 1 to 100. @default 50 */
  limit: 'limit',
  /** The `next` of the page before. */
  cursor: 'cursor',
} as const;

/** Characters that a question may have. */
export const NEWS_QUERY_MAX_LENGTH = 200;

export const NEWS_LIMIT = { least: 1, most: 100, otherwise: 50 } as const;

/** A stored news item. Times are ISO 8601. */
export interface StoredNews {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** When its source published it. */
  readonly date: string | null;
  /** An http or https address, or the empty string. */
  readonly link: string;
  readonly author: string | null;
  readonly image: string | null;
  /** BCP 47 tag. */
  readonly language: string | null;
  /** Every source that brought it. */
  readonly sources: readonly string[];
  readonly storedAt: string;
}

/** Answer of `/api/news`: latest stored first. */
export interface NewsPage {
  readonly items: readonly StoredNews[];
  /** Opaque; asks for the page after this one. Null when this is the last. */
  readonly next: string | null;
}

/** Answer to a question that can't be answered: status 400, or 503 while the database is away. */
export interface NewsProblem {
  /** What is wrong, with the parameter and its value, and what is allowed. */
  readonly error: string;
}
