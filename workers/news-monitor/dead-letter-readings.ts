// Follows the DLQ: how many dead letters there are, and the latest with their reasons.
import type { JetStreamManager, NatsConnection, StreamState } from 'nats';
import * as subjects from '../contract/subjects.ts';
import { messagesFrom, type StoredMessage } from '../runtime/direct-get.ts';
import { parseTraceparent } from '../runtime/trace.ts';
import type { Board } from './board.ts';
import type { DeadLetterCount } from './gauges.ts';
import { explain } from './readings.ts';
import type { DeadLetter, Unknown } from './snapshot.ts';

/**
 * Sequences taken out of the middle, up to which the server is asked for each: a consumer that keeps failing drops its oldest letters,
 * while older ones of others stay, and so takes out ever more.
 */
const MAX_DELETED = 10_000;

/** Reads the stream's figures each time, and only those letters that it has not seen: their bodies may be large. */
export class DeadLetterReadings {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #kept: number;
  /** Newest first. */
  #latest: readonly DeadLetter[] = [];
  /** The first sequence that has not been read. */
  #next = 1;
  /** When the stream was created: one made anew counts from 1 again. */
  #created = '';
  /** How many had been taken out of the middle, as a replay does. */
  #deleted = 0;

  /** @param kept how many of the latest to keep */
  constructor(connection: NatsConnection, manager: JetStreamManager, kept: number) {
    this.#connection = connection;
    this.#manager = manager;
    this.#kept = kept;
  }

  /** Brings the board up to date and returns how many there are of each consumer. */
  async read(board: Board): Promise<readonly DeadLetterCount[] | Unknown> {
    let total: number | Unknown;
    let counts: readonly DeadLetterCount[] | Unknown;
    try {
      const query = { subjects_filter: subjects.dlqSubject('*', '*') };
      const { created, state } = await this.#manager.streams.info(subjects.DLQ_STREAM, query);
      if (created !== this.#created || state.last_seq < this.#next - 1) {
        this.#created = created;
        this.#latest = [];
        this.#next = 1;
        this.#deleted = 0;
      }
      if ((state.num_deleted ?? 0) !== this.#deleted) await this.#readAgain(state);
      if (state.last_seq >= this.#next) await this.#readNew(state.last_seq);
      // What was purged, has aged or made room is no longer there to be looked at.
      this.#latest = this.#latest.filter(({ sequenceInDlq }) => sequenceInDlq >= state.first_seq);
      total = state.messages;
      counts = countsOf(state.subjects ?? {});
    } catch (error) {
      total = { unknown: explain(error) };
      counts = total;
    }
    board.recordDlq(total, this.#latest);
    return counts;
  }

  /** Some were taken out: others are the latest now. Of very many only those are shown that are not far behind the last. */
  async #readAgain(seen: StreamState): Promise<void> {
    const details = (seen.num_deleted ?? 0) <= MAX_DELETED;
    const { state } = details
      ? await this.#manager.streams.info(subjects.DLQ_STREAM, { deleted_details: true })
      : { state: seen };
    const gone = new Set(state.deleted ?? []);
    let from = state.last_seq + 1;
    for (let found = 0; found < this.#kept && from > state.first_seq; ) if (!gone.has(--from)) found++;
    this.#latest = [];
    this.#next = from;
    if (from <= state.last_seq) await this.#readFrom(from);
    this.#deleted = state.num_deleted ?? 0;
  }

  #readNew(lastSequence: number): Promise<void> {
    return this.#readFrom(Math.max(this.#next, lastSequence - this.#kept + 1));
  }

  async #readFrom(sequence: number): Promise<void> {
    const query = { sequence, subjects: subjects.dlqSubject('*', '*'), max: this.#kept };
    const messages = await messagesFrom(this.#connection, subjects.DLQ_STREAM, query);
    this.#latest = [...messages.map(deadLetter).reverse(), ...this.#latest].slice(0, this.#kept);
    // Up to what came, not up to what there is: the replica that answers may be behind, and an answer may be cut short.
    this.#next = (messages.at(-1)?.sequence ?? this.#next - 1) + 1;
  }
}

/** Subjects are `DLQ.<stream>.<consumer>`, as {@link subjects.dlqSubject} makes them. */
const countsOf = (messagesBySubject: Readonly<Record<string, number>>): DeadLetterCount[] =>
  Object.entries(messagesBySubject).map(([subject, messages]) => {
    const [, stream = '', consumer = ''] = subject.split('.');
    return { stream, consumer, messages };
  });

function deadLetter({ sequence, headers, time }: StoredMessage): DeadLetter {
  return {
    sequenceInDlq: sequence,
    stream: headers.get(subjects.HEADER.dlqStream),
    consumer: headers.get(subjects.HEADER.dlqConsumer),
    sequence: Number(headers.get(subjects.HEADER.dlqSequence)),
    deliveries: Number(headers.get(subjects.HEADER.dlqDeliveries)),
    reason: headers.get(subjects.HEADER.dlqReason),
    at: time.toISOString(),
    traceId: parseTraceparent(headers.get(subjects.HEADER.traceparent))?.traceId ?? null,
  };
}
