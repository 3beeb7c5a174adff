// What a feed says about itself, whichever format it is in.
import { NEWS_PARAMETERS } from '../contract/news-api.ts';
import type { NewsDocument } from '../contract/stored-news.ts';
import { legibleText } from './feed-text.ts';
import type { Question } from './question.ts';

/** A feed of news and what it says about itself. */
export interface FeedFrame {
  /** The same wherever and in whichever format it is asked for. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Its own address. */
  readonly self: string;
  /** Address of the page. */
  readonly page: string;
  /** When the latest of its news was stored; the beginning of Unix time when there are none, for it must say something. */
  readonly updated: Date;
}

/** A tag URI (RFC 4151): it names, and leads nowhere. */
const TAG = 'tag:newsjet.io,2026:';

/** The same for a news item in every feed, of every installation. */
export const newsTag = (id: string): string => `${TAG}news/${id}`;

/**
 * Computes what a feed says about itself.
 * @param address scheme and host
 * @param path of the feed
 */
export function feedFrame(
  { query, sources, limit }: Question,
  documents: readonly Pick<NewsDocument, 'storedAt'>[],
  place: { readonly address: string; readonly path: string; readonly search: string },
): FeedFrame {
  const asked = new URLSearchParams([
    ...(query === '' ? [] : [[NEWS_PARAMETERS.query, query] as [string, string]]),
    ...[...sources].sort().map((source): [string, string] => [NEWS_PARAMETERS.source, source]),
  ]);
  const subject = [
    ...(query === '' ? [] : [`“${legibleText(query)}”`]),
    ...(sources.length > 0 ? [sources.join(', ')] : []),
  ];
  return {
    id: `${TAG}feed${asked.size > 0 ? `?${asked}` : ''}`,
    title: ['Newsjet', ...subject].join(' – '),
    description: `The latest ${limit} news${subject.length > 0 ? ` of ${subject.join(' – ')}` : ''}`,
    self: new URL(`${place.address}${place.path}${place.search}`).href,
    page: `${place.address}/`,
    updated: documents[0]?.storedAt ?? new Date(0),
  };
}
