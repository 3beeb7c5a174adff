// What is remembered about a feed between polls: written by its exporter to the bucket `feeds`, read by the monitor.

/** State of one feed. Times are ISO 8601; a null was never known. */
export interface FeedState {
  readonly source: string;
  readonly feed: string;
  /** The address of the definition; when it differs from the one being polled, the rest no longer holds. */
  readonly url: string;
  /** `gone` after a 410: the feed is polled no more until its address changes. */
  readonly status: 'active' | 'failing' | 'gone';
  /** As the server sent it, quotes included. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** SHA-256 of the last published body, in hexadecimal. */
  readonly bodyHash: string | null;
  /** Consecutive failed polls. */
  readonly failures: number;
  readonly lastPollAt: string | null;
  /** The last poll that got a document or a confirmation that it has not changed. */
  readonly lastSuccessAt: string | null;
  readonly nextPollAt: string | null;
  /** Why the last poll failed; null when it did not. */
  readonly lastError: string | null;
  /** Where a permanent redirect leads, and how many polls in a row agreed. */
  readonly redirect: { readonly url: string; readonly agreements: number } | null;
}

/** The state of a feed of which nothing is known yet. */
export function blankFeedState({ source, feed, url }: Pick<FeedState, 'source' | 'feed' | 'url'>): FeedState {
  return {
    source,
    feed,
    url,
    status: 'active',
    etag: null,
    lastModified: null,
    bodyHash: null,
    failures: 0,
    lastPollAt: null,
    lastSuccessAt: null,
    nextPollAt: null,
    lastError: null,
    redirect: null,
  };
}
