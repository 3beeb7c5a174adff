// Keeps requests for messages open at a pull consumer: never for more than there is room for, and through its absences.
import { setTimeout as delay } from 'node:timers/promises';
import { type Consumer, type ConsumerMessages, ErrorCode, type JsMsg, NatsError } from 'nats';
import { FatalError, reasonOf } from './errors.ts';
import type { Logger } from './log.ts';
import { backoffMs } from './retry.ts';

/** What pulls need. */
export interface PullsOptions {
  readonly consumer: Consumer;
  /** Both names are for the log. */
  readonly stream: string;
  readonly name: string;
  /** Most messages asked for in one request. */
  readonly batch: number;
  /** Most messages held and asked for together. */
  readonly limit: number;
  /** How many messages are held at the moment. */
  readonly held: () => number;
  readonly onMessage: (message: JsMsg) => void;
  /** Told when pulling is over for good. */
  readonly onFailure: (error: FatalError) => void;
  readonly log: Logger;
}

/** A request ends after this and is made anew, which mends whatever may have gone wrong with it. */
const EXPIRES_MS = 10_000;
/** A consumer that says nothing for two of these is asked whether it is still there. */
const HEARTBEAT_MS = 2_000;
/** A request that brings nothing and ends sooner was refused, whatever the reason. */
const REFUSED_WITHIN_MS = 100;
/** When the process stops: after this long without a message nothing is on its way any more. */
const QUIET_MS = 250;
const LONGEST_QUIET_MS = 2_000;

/** The open requests of one process. */
export class Pulls {
  readonly #options: PullsOptions;
  readonly #threshold: number;
  readonly #open = new Set<{ left: number; messages?: ConsumerMessages }>();
  #closed = false;
  #failures = 0;
  #pausing = false;
  #lastArrival = 0;

  constructor(options: PullsOptions) {
    this.#options = options;
    // Not a request for every message that is settled: that would cost a round trip each.
    this.#threshold = Math.ceil(options.batch / 2);
  }

  /** Asks for as much as there is room for; call it again whenever there may be more. */
  refill(): void {
    while (!this.#closed && !this.#pausing) {
      const { batch, limit, held } = this.#options;
      const asked = [...this.#open].reduce((sum, { left }) => sum + left, 0);
      const room = limit - held() - asked;
      if (room < this.#threshold) return;
      void this.#pull(Math.min(batch, room));
    }
  }

  /**
   * Asks no more, and returns once nothing more will arrive. A request can't be taken back: what it brings while we no longer
   * listen would be lost until the server misses its acknowledgement, so we listen on until it has become quiet.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const start = performance.now();
    while (this.#open.size > 0) {
      const now = performance.now();
      if (now - Math.max(start, this.#lastArrival) > QUIET_MS || now - start > LONGEST_QUIET_MS) break;
      await delay(QUIET_MS / 10);
    }
    await Promise.all([...this.#open].map(({ messages }) => messages?.close()));
  }

  async #pull(count: number): Promise<void> {
    const pull: { left: number; messages?: ConsumerMessages } = { left: count };
    this.#open.add(pull);
    const start = performance.now();
    try {
      pull.messages = await this.#options.consumer.fetch({
        max_messages: count,
        expires: EXPIRES_MS,
        idle_heartbeat: HEARTBEAT_MS,
      });
      for await (const message of pull.messages) {
        pull.left = Math.max(0, pull.left - 1);
        this.#lastArrival = performance.now();
        this.#failures = 0;
        this.#options.onMessage(message);
      }
      if (pull.left === count && performance.now() - start < REFUSED_WITHIN_MS) {
        throw new Error('the request was ended at once');
      }
    } catch (error) {
      this.#open.delete(pull);
      await this.#onFailure(error);
    }
    this.#open.delete(pull);
    this.refill();
  }

  async #onFailure(error: unknown): Promise<void> {
    if (this.#closed) return;
    const { stream, name, log, onFailure } = this.#options;
    if (error instanceof NatsError && error.code === ErrorCode.ConnectionClosed) {
      this.#closed = true;
      onFailure(new FatalError(`can't pull from ${stream}/${name}`, { cause: error }));
      return;
    }
    // Several requests fail together; one of them waits for all.
    if (this.#pausing) return;
    this.#pausing = true;
    const attempts = ++this.#failures;
    if (attempts % 10 === 1)
      log.warn(
        { stream, consumer: name, attempts, reason: reasonOf(error) },
        'the consumer does not deliver, asking again',
      );
    await delay(backoffMs(Math.min(attempts, 4) - 1, 250, 2_000));
    this.#pausing = false;
  }
}
