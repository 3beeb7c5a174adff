// The feeds of one source and what they add up to, bounded for the page however many feeds there are.
import type { FeedState } from '../contract/feed-state.ts';
import { STREAM_FEED } from '../contract/subjects.ts';
import { clip } from './clip.ts';
import type { FeedRow, SourceRow } from './snapshot.ts';
import type { FoundSource } from './watched.ts';

const RANK: Readonly<Record<FeedState['status'], number>> = { failing: 0, gone: 1, active: 2 };

/** Failing first, the most failures on top; then by name, so that rows keep their places. */
function compareFeeds(a: FeedState, b: FeedState): number {
  return RANK[a.status] - RANK[b.status] || b.failures - a.failures || (a.feed < b.feed ? -1 : a.feed > b.feed ? 1 : 0);
}

/** Inserts into a sorted list that never grows beyond `limit`: one pass over many feeds, no sort of them all. */
export function insertBounded(sorted: FeedState[], state: FeedState, limit: number): void {
  const last = sorted.at(-1);
  if (sorted.length >= limit && (!last || compareFeeds(state, last) >= 0)) return;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareFeeds(sorted[middle] as FeedState, state) <= 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, state);
  if (sorted.length > limit) sorted.pop();
}

const toRow = (state: FeedState): FeedRow => ({
  feed: state.feed,
  status: state.status,
  failures: state.failures,
  lastPollAt: state.lastPollAt,
  nextPollAt: state.status === 'gone' ? null : state.nextPollAt,
  lastError: state.lastError === null ? null : clip(state.lastError, 200),
});

/** Milliseconds since the epoch; a time that is not known or not a time is `otherwise`. */
function timeOf(text: string | null | undefined, otherwise: number): number {
  const milliseconds = Date.parse(text ?? '');
  return Number.isNaN(milliseconds) ? otherwise : milliseconds;
}

const isLater = (a: string | null, b: string | null | undefined): boolean =>
  timeOf(a, -Infinity) > timeOf(b, -Infinity);
const isSooner = (a: string | null, b: string | null): boolean => timeOf(a, Infinity) < timeOf(b, Infinity);

/** What is known of one source's feeds. */
export class SourceFeeds {
  readonly #source: string;
  readonly #declared: number;
  readonly #feeds = new Map<string, FeedState>();

  /** @param declared how many feeds the definition gives the source, 0 when not known */
  constructor(source: string, declared: number) {
    this.#source = source;
    this.#declared = declared;
  }

  record(state: FeedState): void {
    this.#feeds.set(state.feed, state);
  }

  remove(feed: string): boolean {
    return this.#feeds.delete(feed);
  }

  /** Whether there is nothing to show of it: neither declared nor known. */
  get isGone(): boolean {
    return this.#declared === 0 && this.#feeds.size === 0;
  }

  /** What the bucket alone tells of it; undefined where the definition does. */
  get found(): FoundSource | undefined {
    return this.#declared > 0 ? undefined : { source: this.#source, follows: this.#feeds.has(STREAM_FEED) };
  }

  /** All of them. */
  states(): Iterable<FeedState> {
    return this.#feeds.values();
  }

  /** Adds the feeds up, listing at most `listed` of them. */
  summarise(listed: number): SourceRow {
    const counts = { active: 0, failing: 0, gone: 0 };
    const top: FeedState[] = [];
    let lastPollAt: string | null = null;
    let nextPollAt: string | null = null;
    let failed: FeedState | undefined;
    for (const state of this.#feeds.values()) {
      counts[state.status] += 1;
      insertBounded(top, state, listed);
      if (isLater(state.lastPollAt, lastPollAt)) lastPollAt = state.lastPollAt;
      if (state.status !== 'gone' && isSooner(state.nextPollAt, nextPollAt)) nextPollAt = state.nextPollAt;
      if (state.lastError !== null && (!failed || isLater(state.lastPollAt, failed.lastPollAt))) failed = state;
    }
    return {
      source: this.#source,
      total: Math.max(this.#declared, this.#feeds.size),
      ...counts,
      lastPollAt,
      nextPollAt,
      lastError: failed ? { feed: failed.feed, error: clip(failed.lastError ?? '', 200), at: failed.lastPollAt } : null,
      feeds: top.map(toRow),
    };
  }
}
