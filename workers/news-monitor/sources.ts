// All sources with their feeds: those told beforehand, and those whose feeds are in the bucket.
import type { FeedState } from '../contract/feed-state.ts';
import type { DeclaredSource } from './options.ts';
import type { SourcesEvent } from './snapshot.ts';
import { insertBounded, SourceFeeds } from './source-feeds.ts';
import type { FoundSource } from './watched.ts';

/** Feeds listed of one source; fewer when there are so many sources that they would exceed {@link FEEDS_LISTED_IN_ALL}. */
export const FEEDS_LISTED = 50;
export const FEEDS_LISTED_IN_ALL = 1_000;

export class Sources {
  readonly #sources: Map<string, SourceFeeds>;

  /** @param declared shown before their first poll */
  constructor(declared: readonly DeclaredSource[]) {
    this.#sources = new Map(declared.map(({ source, feeds }) => [source, new SourceFeeds(source, feeds)]));
  }

  /** Takes in the state of some feeds, new or changed; the others stay as they are. */
  record(states: readonly FeedState[]): void {
    for (const state of states) {
      const feeds = this.#sources.get(state.source) ?? new SourceFeeds(state.source, 0);
      this.#sources.set(state.source, feeds);
      feeds.record(state);
    }
  }

  /** Forgets a feed, and with the last one a source that nothing declares; false when it was not known. */
  remove(source: string, feed: string): boolean {
    const feeds = this.#sources.get(source);
    if (!feeds?.remove(feed)) return false;
    if (feeds.isGone) this.#sources.delete(source);
    return true;
  }

  /** Those that were not told beforehand, by name. */
  found(): FoundSource[] {
    return this.#byName().flatMap((feeds) => feeds.found ?? []);
  }

  /** What event `sources` says, by name. */
  summarise(): SourcesEvent {
    const share = Math.floor(FEEDS_LISTED_IN_ALL / Math.max(1, this.#sources.size));
    const listed = Math.max(1, Math.min(FEEDS_LISTED, share));
    return { sources: this.#byName().map((feeds) => feeds.summarise(listed)) };
  }

  /** States of feeds, at most `limit`: of all sources, those that fail first. */
  states(limit: number): FeedState[] {
    const all: FeedState[] = [];
    for (const feeds of this.#sources.values()) for (const state of feeds.states()) insertBounded(all, state, limit);
    return all;
  }

  #byName(): SourceFeeds[] {
    return [...this.#sources.keys()].sort().map((name) => this.#sources.get(name) as SourceFeeds);
  }
}
