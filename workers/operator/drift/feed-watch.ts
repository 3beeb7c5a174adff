// Notices feeds that nobody will poll again: no schedule and no due poll, for longer than a change of the definition takes.
import type { JetStreamManager, NatsConnection } from 'nats';
import type { FeedPoll } from '../../contract/messages.ts';
import { feedStateKey } from '../../contract/subjects.ts';
import { findMissingFeeds, scheduleMissingFeeds } from '../../runtime/feed-plan.ts';
import type { Publisher } from '../../runtime/publisher.ts';

export interface FeedWatchOptions {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly publisher: Pick<Publisher, 'publish'>;
  /** How long a feed may have been missing before it is scheduled. */
  readonly patienceMs: number;
}

export class FeedWatch {
  readonly #options: FeedWatchOptions;
  /** Since when each feed was found missing, by its key, on a clock that nobody sets. */
  #since = new Map<string, number>();

  constructor(options: FeedWatchOptions) {
    this.#options = options;
  }

  /**
   * Looks once, and schedules the feeds that have been missing for long enough.
   * @param all whether to wait no longer for any: their stream was made anew
   * @returns the keys of the feeds that were scheduled
   */
  async look(feeds: readonly FeedPoll[], all: boolean, signal: AbortSignal): Promise<string[]> {
    const now = performance.now();
    const missing = await findMissingFeeds(this.#options.manager, feeds);
    const keyOf = ({ source, feed }: FeedPoll): string => feedStateKey(source, feed);
    // A feed that is there again has the whole of the patience before it, too.
    this.#since = new Map(missing.map((poll) => [keyOf(poll), this.#since.get(keyOf(poll)) ?? now]));
    const due = missing.filter(
      (poll) => all || now - (this.#since.get(keyOf(poll)) ?? now) >= this.#options.patienceMs,
    );
    if (due.length === 0) return [];
    const scheduled = await scheduleMissingFeeds(this.#options, due, signal);
    // Those that are gone for good stay missing: they are asked about again after the same time.
    for (const poll of due) this.#since.set(keyOf(poll), now);
    return scheduled;
  }
}
