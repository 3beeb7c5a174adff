// Answers questions: the one place from an address to a body, whatever carries it.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { NEWS_API, type NewsProblem } from '../contract/news-api.ts';
import type { NewsDocument } from '../contract/stored-news.ts';
import { type FeedFrame, feedFrame } from './feed-frame.ts';
import { renderJsonFeed } from './json-feed.ts';
import type { NewsArchive } from './news-archive.ts';
import { publicAddress } from './public-address.ts';
import { readQuestion } from './question.ts';
import { toNewsPage } from './stored-news.ts';
import { renderAtom, renderRss } from './xml-feeds.ts';

/** What is sent back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request, as far as it matters. */
export interface Asked {
  readonly path: NewsPath;
  /** What follows the path: empty, or beginning with a question mark. */
  readonly search: string;
  readonly headers: IncomingHttpHeaders;
}

export type NewsPath = (typeof NEWS_API)[keyof typeof NEWS_API];

/** How to answer under the path of a feed. */
interface FeedFormat {
  readonly type: string;
  readonly render: (frame: FeedFrame, documents: readonly NewsDocument[]) => string;
}

const FEEDS: Readonly<Record<Exclude<NewsPath, typeof NEWS_API.news>, FeedFormat>> = {
  [NEWS_API.atom]: { type: 'application/atom+xml; charset=utf-8', render: renderAtom },
  [NEWS_API.rss]: { type: 'application/rss+xml; charset=utf-8', render: renderRss },
  [NEWS_API.json]: { type: 'application/feed+json; charset=utf-8', render: renderJsonFeed },
};
const JSON_TYPE = 'application/json; charset=utf-8';
/** Readers of feeds ask every few minutes; the page asks while somebody types. */
const FEED_CACHE = 'public, max-age=15';
const API_CACHE = 'public, max-age=2';
/** Feeds say where they are. */
const VARY = 'Host, X-Forwarded-Host, X-Forwarded-Proto';
/** Characters of a tag: 128 bits of a hash. */
const TAG_CHARACTERS = 22;

/**
 * Answers a question.
 * @param options.publicUrl see publicAddress
 * @throws {QuestionError} when it can't be answered, and what the archive throws
 */
export async function answer(
  { path, search, headers }: Asked,
  { archive, publicUrl }: { readonly archive: Pick<NewsArchive, 'read'>; readonly publicUrl: string },
): Promise<Answer> {
  const question = readQuestion(new URLSearchParams(search), { cursor: path === NEWS_API.news });
  if (path === NEWS_API.news) {
    const page = await archive.read(question);
    const about = { 'Content-Type': JSON_TYPE, 'Cache-Control': API_CACHE };
    return unlessKnown(headers, about, JSON.stringify(toNewsPage(page)));
  }
  const address = publicAddress(headers, publicUrl);
  const { type, render } = FEEDS[path];
  const { documents } = await archive.read(question);
  const [latest] = documents;
  const about = {
    'Content-Type': type,
    'Cache-Control': FEED_CACHE,
    Vary: VARY,
    ...(latest ? { 'Last-Modified': latest.storedAt.toUTCString() } : {}),
  };
  return unlessKnown(headers, about, render(feedFrame(question, documents, { address, path, search }), documents));
}

/** Says no more than that nothing has changed to somebody who has it. */
function unlessKnown(asked: IncomingHttpHeaders, about: Readonly<Record<string, string>>, body: string): Answer {
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, TAG_CHARACTERS)}"`;
  const headers = { ...about, ETag: etag };
  const known = (asked['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^(?!W\/)"/, 'W/"'));
  return known.includes(etag) || known.includes('*')
    ? { status: 304, headers, body: '' }
    : { status: 200, headers, body };
}

/** An answer that says what is wrong. */
export const problem = (status: number, error: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'Cache-Control': 'no-store', ...headers, 'Content-Type': JSON_TYPE },
  body: JSON.stringify({ error } satisfies NewsProblem),
});
