// The states of a source's feeds, in the bucket `feeds`.
import type { JetStreamClient, KV } from 'nats';
import type { FeedPoll } from '../contract/messages.ts';
import { FEEDS_BUCKET, feedStateKey } from '../contract/subjects.ts';
import { reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { persist } from '../runtime/retry.ts';
import type { ExporterFeedState } from './state.ts';

/** A state as stored, with the poll that led to it. */
export type StoredFeedState = ExporterFeedState & {
  /** Sequence in FEEDS of the due poll that was done last; a redelivery of it is not done again. */
  readonly dueSequence: number;
  /** The interval that the poll asked for, for a schedule that got lost. */
  readonly everyMs: number | null;
};

/** Reads and writes states; keeps trying while the cluster is away. */
export class FeedStates {
  readonly #bucket: KV;
  readonly #log: Logger;

  private constructor(bucket: KV, log: Logger) {
    this.#bucket = bucket;
    this.#log = log;
  }

  static async open(client: JetStreamClient, log: Logger): Promise<FeedStates> {
    // Bound without asking for the bucket's configuration, which an exporter may not read.
    return new FeedStates(await client.views.kv(FEEDS_BUCKET, { bindOnly: true, allow_direct: true }), log);
  }

  /**
   * Reads what is known about a feed; null when that is nothing, or nothing that can be read: it then starts anew, as when
   * somebody deletes its key.
   * @throws {StoppingError} once the signal aborts
   */
  async get({ source, feed }: Pick<FeedPoll, 'source' | 'feed'>, signal: AbortSignal): Promise<StoredFeedState | null> {
    const entry = await persist(() => this.#bucket.get(feedStateKey(source, feed)), {
      signal,
      onFailure: (error) => this.#warn({ source, feed }, 'could not read the feed’s state, trying again', error),
    });
    // A deleted key leaves a marker without a body.
    if (entry?.operation !== 'PUT') return null;
    try {
      return entry.json<StoredFeedState | null>();
    } catch (error) {
      this.#warn({ source, feed }, 'the feed’s state is not JSON, starting without', error);
      return null;
    }
  }

  /** @throws {StoppingError} once the signal aborts */
  async put({ source, feed }: FeedPoll, state: StoredFeedState, signal: AbortSignal): Promise<void> {
    await persist(() => this.#bucket.put(feedStateKey(source, feed), JSON.stringify(state)), {
      signal,
      onFailure: (error) => this.#warn({ source, feed }, 'could not write the feed’s state, trying again', error),
    });
  }

  #warn(of: Pick<FeedPoll, 'source' | 'feed'>, event: string, error: unknown): void {
    this.#log.warn({ ...of, reason: reasonOf(error) }, event);
  }
}
