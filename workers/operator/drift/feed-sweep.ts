// Removes what is left of feeds that belong to nobody: the definition does not name them any more, and no NewsSource does.
import type { JetStreamManager } from 'nats';
import { findUndeclaredFeeds, removeFeeds } from '../../runtime/feed-plan-removal.ts';

/** Whether what is not declared of a source may be removed. */
export type Removable = (source: string) => boolean;

export interface FeedSweepOptions {
  readonly manager: JetStreamManager;
  /** Asked anew whenever there is something that is not declared, right before it would be removed. */
  readonly removable: (signal: AbortSignal) => Promise<Removable>;
}

export class FeedSweep {
  readonly #options: FeedSweepOptions;

  constructor(options: FeedSweepOptions) {
    this.#options = options;
  }

  /**
   * Looks once.
   * @param declaredKeys of all feeds that are declared
   * @returns the keys of those that were removed
   * @throws {StoppingError} when the signal aborts: nothing is removed after that
   */
  async look(declaredKeys: readonly string[], signal: AbortSignal): Promise<string[]> {
    const { manager, removable } = this.#options;
    const undeclared = await findUndeclaredFeeds(manager, declaredKeys);
    if (undeclared.length === 0) return [];
    const isRemovable = await removable(signal);
    const remains = undeclared.filter(({ source }) => isRemovable(source));
    await removeFeeds(manager, remains, signal);
    return remains.map(({ key }) => key);
  }
}
