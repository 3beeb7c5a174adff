// Posts on their way to JetStream: a bounded number, and up to which of them all is durable.
import { PoisonError, StoppingError } from '../runtime/errors.ts';
import { newerId } from './post-id.ts';

/** What to publish. */
export interface Outgoing {
  /** The post's id; null when it has none. */
  readonly id: string | null;
  /** Null for a post that is only to be counted as seen. */
  readonly data: string | null;
  readonly messageId: string;
  /** How it came. */
  readonly origin: 'stream' | 'search';
}

/** What an outbox needs. */
export interface OutboxOptions {
  /** Returns when the message is durable. */
  readonly publish: (outgoing: Outgoing & { readonly data: string }) => Promise<void>;
  /** Told of what can't be published, ever. */
  readonly onRefused: (outgoing: Outgoing, error: PoisonError) => void;
  /** Told when `durableId` may have moved. @default nobody */
  readonly onDurable?: () => void;
  /** @default 5_000 */
  readonly maxPosts?: number;
  /** Of all data together, in characters. @default 16_000_000 */
  readonly maxCharacters?: number;
  /** Messages published at once. @default 256 */
  readonly concurrency?: number;
}

interface Entry {
  readonly outgoing: Outgoing;
  done: boolean;
}

/** Publishes in the order of arrival, many at once, and holds no more than it was allowed to. */
export class Outbox {
  readonly #options: Required<OutboxOptions>;
  /** In the order of arrival, the oldest first; only entries from `#begun` on have not been begun. */
  readonly #entries: Entry[] = [];
  #begun = 0;
  #inFlight = 0;
  #characters = 0;
  #failure: unknown;
  #durableId: string | null;
  #taken = 0;
  #settled = 0;
  readonly #waiting = new Set<() => void>();

  constructor(durableId: string | null, options: OutboxOptions) {
    this.#durableId = durableId;
    this.#options = { maxPosts: 5_000, maxCharacters: 16_000_000, concurrency: 256, onDurable: () => {}, ...options };
  }

  /** The newest id of which it is certain that all that arrived before it is durable too. */
  get durableId(): string | null {
    return this.#durableId;
  }

  /** Posts that are not durable yet. */
  get size(): number {
    return this.#entries.length;
  }

  /** Takes a post, unless it is full. @throws what publishing failed with */
  offer(outgoing: Outgoing): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    const { maxPosts, maxCharacters } = this.#options;
    if (this.#entries.length >= maxPosts || this.#characters >= maxCharacters) return false;
    this.#characters += outgoing.data?.length ?? 0;
    this.#taken += 1;
    this.#entries.push({ outgoing, done: outgoing.data === null });
    this.#work();
    return true;
  }

  /** Takes a post as soon as it is at most half full: what can wait leaves room for what can't. */
  async put(outgoing: Outgoing): Promise<void> {
    const { maxPosts, maxCharacters } = this.#options;
    await this.#until(() => this.#entries.length < maxPosts / 2 && this.#characters < maxCharacters / 2);
    this.offer(outgoing);
  }

  /** Returns when all that it has taken so far is durable. @throws what publishing failed with */
  async flushed(): Promise<void> {
    const taken = this.#taken;
    await this.#until(() => this.#settled >= taken);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (this.#failure === undefined && !condition()) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #work(): void {
    this.#settle();
    while (this.#inFlight < this.#options.concurrency && this.#failure === undefined) {
      const entry = this.#entries[this.#begun];
      if (!entry) return;
      this.#begun += 1;
      if (entry.done) continue;
      this.#inFlight += 1;
      void this.#publish(entry);
    }
  }

  async #publish(entry: Entry): Promise<void> {
    const { publish, onRefused, onDurable } = this.#options;
    const { outgoing } = entry;
    try {
      await publish({ ...outgoing, data: outgoing.data as string });
      entry.done = true;
    } catch (error) {
      if (error instanceof PoisonError) {
        onRefused(outgoing, error);
        entry.done = true;
      } else {
        this.#failure ??= error ?? new StoppingError();
      }
    }
    this.#inFlight -= 1;
    this.#work();
    onDurable();
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Lets go of what is done and has nothing undone before it. */
  #settle(): void {
    let settled = 0;
    for (const { outgoing, done } of this.#entries) {
      if (!done) break;
      this.#durableId = newerId(this.#durableId, outgoing.id);
      this.#characters -= outgoing.data?.length ?? 0;
      settled += 1;
    }
    this.#entries.splice(0, settled);
    this.#settled += settled;
    this.#begun = Math.max(0, this.#begun - settled);
  }
}
