// What one fetch of a feed can come to.

/** What to ask for: the address and the validators that its last response carried. */
export interface FetchRequest {
  /** An http, https or `newsroom:/…` address. */
  readonly url: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** A document, decoded to text. */
export interface DocumentOutcome {
  readonly kind: 'document';
  /** Of the response that brought it: 2xx. */
  readonly status: number;
  readonly body: string;
  /** The Content-Type header as it was sent. */
  readonly contentType: string | null;
  /** Where it was read from, after redirects; without credentials and fragment. */
  readonly finalUrl: string;
  /** Both verbatim, for the next request. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** Where the address has moved to for good, by what this one response says. */
  readonly permanentRedirectTo: string | null;
  readonly cacheControlMaxAgeMs: number | null;
}

/** The server says that what it sent last time still holds (304). */
export interface UnchangedOutcome {
  readonly kind: 'unchanged';
  /** Both as sent now, else as they were. */
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly permanentRedirectTo: string | null;
  readonly cacheControlMaxAgeMs: number | null;
}

/** The server says that the feed is no more (410), and was not reached through a temporary redirect. */
export interface GoneOutcome {
  readonly kind: 'gone';
  readonly reason: string;
}

/** The server is up and asks to be left alone for a while. */
export interface RetryLaterOutcome {
  readonly kind: 'retryLater';
  readonly status: 429 | 503;
  /** What Retry-After asks for; null when it says nothing that can be read. */
  readonly retryAfterMs: number | null;
  readonly reason: string;
}

/** Anything else. `reason` is one sentence, without the address's credentials and query. */
export interface FailedOutcome {
  readonly kind: 'failed';
  readonly reason: string;
}

export type FetchOutcome = DocumentOutcome | UnchangedOutcome | GoneOutcome | RetryLaterOutcome | FailedOutcome;
