// What the monitor asks the cluster for, again and again: consumers, feed states, dead letters.
import type { ConsumerInfo, JetStreamManager, NatsConnection } from 'nats';
import type { FeedState } from '../contract/feed-state.ts';
import * as subjects from '../contract/subjects.ts';
import { jsonOf, messagesFrom, type StoredMessage } from '../runtime/direct-get.ts';
import { reasonOf } from '../runtime/errors.ts';
import type { Board, ConsumerReading } from './board.ts';
import type { DeadLetter, Unknown } from './snapshot.ts';

const BATCH = 500;

/** Reads consumers, each answered by its own leader; one that can't be read says why. */
export function readConsumers(
  manager: JetStreamManager,
  consumers: readonly { readonly stream: string; readonly consumer: string }[],
): Promise<ConsumerReading[]> {
  return Promise.all(
    consumers.map(async ({ stream, consumer }): Promise<ConsumerReading> => {
      try {
        return { stream, consumer, ...counters(await manager.consumers.info(stream, consumer)) };
      } catch (error) {
        return { stream, consumer, unknown: reasonOf(error) };
      }
    }),
  );
}

const counters = (info: ConsumerInfo) => ({
  pending: info.num_pending,
  ackPending: info.num_ack_pending,
  redelivered: info.num_redelivered,
  delivered: info.delivered.consumer_seq,
  ackFloor: info.ack_floor.consumer_seq,
});

/** Follows the bucket of feed states: the whole of it first, then only what has changed. */
export class FeedReadings {
  readonly #connection: NatsConnection;
  readonly #stream = subjects.bucketStream(subjects.FEEDS_BUCKET);
  #next = 1;

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  /** Brings the board up to date. */
  async read(board: Board): Promise<void> {
    for (;;) {
      const query = { sequence: this.#next, subjects: subjects.bucketSubject(subjects.FEEDS_BUCKET, '>'), max: BATCH };
      const messages = await messagesFrom(this.#connection, this.#stream, query);
      board.recordFeeds(
        messages.filter((message) => message.data.length > 0).map((message) => jsonOf<FeedState>(message)),
      );
      const last = messages.at(-1);
      if (!last) return;
      this.#next = last.sequence + 1;
      if (messages.length < BATCH) return;
    }
  }
}

/** Follows the DLQ: how many there are, and the latest with their reasons. */
export class DeadLetterReadings {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #kept: number;
  #latest: readonly DeadLetter[] = [];
  #next = 0;

  constructor(connection: NatsConnection, manager: JetStreamManager, kept: number) {
    this.#connection = connection;
    this.#manager = manager;
    this.#kept = kept;
  }

  /** Brings the board up to date and returns the total. */
  async read(board: Board): Promise<number | Unknown> {
    try {
      const { state } = await this.#manager.streams.info(subjects.DLQ_STREAM);
      if (state.last_seq >= this.#next) await this.#readLatest(state.last_seq);
      board.recordDlq(state.messages, state.messages === 0 ? [] : this.#latest);
      return state.messages;
    } catch (error) {
      const total = { unknown: reasonOf(error) };
      board.recordDlq(total, this.#latest);
      return total;
    }
  }

  async #readLatest(lastSequence: number): Promise<void> {
    const sequence = Math.max(this.#next, lastSequence - this.#kept + 1);
    const query = { sequence, subjects: subjects.dlqSubject('*', '*'), max: this.#kept };
    const messages = await messagesFrom(this.#connection, subjects.DLQ_STREAM, query);
    this.#latest = [...messages.map(deadLetter).reverse(), ...this.#latest].slice(0, this.#kept);
    this.#next = lastSequence + 1;
  }
}

function deadLetter({ headers, time }: StoredMessage): DeadLetter {
  return {
    stream: headers.get(subjects.HEADER.dlqStream),
    consumer: headers.get(subjects.HEADER.dlqConsumer),
    sequence: Number(headers.get(subjects.HEADER.dlqSequence)),
    deliveries: Number(headers.get(subjects.HEADER.dlqDeliveries)),
    reason: headers.get(subjects.HEADER.dlqReason),
    at: time.toISOString(),
  };
}
