// What is remembered about the stream of a source, in the shape of a feed's state, so that the monitor shows it like any other.
import { blankFeedState, type FeedState } from '../contract/feed-state.ts';
import { STREAM_FEED } from '../contract/subjects.ts';

/** What the exporter is doing. */
export type ConnectionName =
  | 'connecting'
  | 'connected'
  | 'reconnecting'
  | 'noToken'
  | 'tokenRefused'
  | 'noRules'
  | 'rateLimited'
  | 'tooManyConnections'
  | 'behind'
  | 'stopped';

/** `lastPollAt` is the last try to connect, `lastSuccessAt` when the API last sent anything, `nextPollAt` the next try. */
export interface StreamState extends FeedState {
  readonly connection: ConnectionName;
  /** Everything up to this post that the API gave us is durable, but for what `unfilled` says. */
  readonly lastId: string | null;
  /** Until when everything has come, in time; null before the first connection. */
  readonly completeUntil: string | null;
  /** What the last gap still lacks, and why; null when nothing. */
  readonly unfilled: string | null;
}

/** The state of a source that was never followed. */
export function blankState(source: string, url: string): StreamState {
  return {
    ...blankFeedState({ source, feed: STREAM_FEED, url }),
    connection: 'connecting',
    lastId: null,
    completeUntil: null,
    unfilled: null,
  };
}

/** Reads a stored state; null when it is none, or of another API. */
export function readState(value: unknown, blank: StreamState): StreamState | null {
  if (typeof value !== 'object' || value === null) return null;
  const stored = value as Partial<StreamState>;
  const isState =
    stored.source === blank.source &&
    stored.url === blank.url &&
    (stored.lastId === null || /^\d+$/.test(stored.lastId ?? '')) &&
    (stored.completeUntil === null || !Number.isNaN(Date.parse(stored.completeUntil ?? '')));
  return isState ? { ...blank, ...stored } : null;
}
