// Looks at what workers left in a cluster under test, as an identity that may do anything.
import {
  consumerOpts,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type KV,
  type NatsConnection,
  type StoredMsg,
} from 'nats';
import type { FeedState } from '../../workers/contract/feed-state.ts';
import { DLQ_STREAM, FEEDS_BUCKET, feedStateKey, HEADER } from '../../workers/contract/subjects.ts';
import { MESSAGE_NOT_FOUND, unlessMissing } from '../../workers/runtime/missing.ts';
import { OBSERVER, type TestCluster } from './cluster.ts';

const READS_AT_ONCE = 100;

/** A message as it lies in its stream. */
export interface Found {
  readonly subject: string;
  readonly sequence: number;
  readonly timeMs: number;
  /** The value of a header, the empty string when it has none. */
  readonly header: (name: string) => string;
  readonly text: string;
}

/** A message in the DLQ. */
export interface FoundDeadLetter extends Found {
  readonly reason: string;
}

const delivered = (message: JsMsg): Found => ({
  subject: message.subject,
  sequence: message.seq,
  timeMs: message.info.timestampNanos / 1e6,
  header: (name) => message.headers?.get(name) ?? '',
  text: message.string(),
});

const stored = (message: StoredMsg): Found => ({
  subject: message.subject,
  sequence: message.seq,
  timeMs: message.time.getTime(),
  header: (name) => message.header?.get(name) ?? '',
  text: message.string(),
});

/** Reads streams, consumers and states; the cluster must have been started with {@link OBSERVER}. */
export class Observer {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly feeds: KV;

  private constructor(connection: NatsConnection, manager: JetStreamManager, feeds: KV) {
    this.connection = connection;
    this.manager = manager;
    this.client = connection.jetstream();
    this.feeds = feeds;
  }

  /** Call after bootstrap. */
  static async connect(cluster: TestCluster): Promise<Observer> {
    const connection = await cluster.connect(OBSERVER.name);
    const feeds = await connection.jetstream().views.kv(FEEDS_BUCKET, { bindOnly: true });
    return new Observer(connection, await connection.jetstreamManager(), feeds);
  }

  /** All messages of a subject that their stream holds now, in order; read one by one, for a work queue allows no second consumer. */
  async messages(subject: string): Promise<Found[]> {
    const stream = await this.manager.streams.find(subject);
    const { state } = await this.manager.streams.info(stream, { subjects_filter: subject, deleted_details: true });
    const subjects = new Set(Object.keys(state.subjects ?? {}));
    if (subjects.size === 0) return [];
    const gone = new Set(state.deleted ?? []);
    const messages: Found[] = [];
    let next = state.first_seq;
    const read = async (): Promise<void> => {
      while (next <= state.last_seq) {
        const seq = next++;
        const message = gone.has(seq) ? undefined : await this.#stored(stream, seq);
        if (message && subjects.has(message.subject)) messages.push(message);
      }
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, read));
    return messages.sort((a, b) => a.sequence - b.sequence);
  }

  /** A message, unless it was deleted meanwhile. */
  async #stored(stream: string, seq: number): Promise<Found | undefined> {
    const message = await unlessMissing([MESSAGE_NOT_FOUND], () => this.manager.streams.getMessage(stream, { seq }));
    return message && stored(message);
  }

  /** Collects the messages of a subject, in a stream that retains by limits, for as long as the connection lives. */
  async follow(subject: string): Promise<readonly Found[]> {
    const messages: Found[] = [];
    const subscription = await this.client.subscribe(subject, consumerOpts().orderedConsumer());
    void (async () => {
      for await (const message of subscription) messages.push(delivered(message));
    })();
    return messages;
  }

  /** The dead letters of a consumer. */
  async deadLetters(consumer: string): Promise<FoundDeadLetter[]> {
    const letters = await this.messages(`${DLQ_STREAM}.*.${consumer}`);
    return letters.map((letter) => ({ ...letter, reason: letter.header(HEADER.dlqReason) }));
  }

  /** How many messages a stream holds. */
  async count(stream: string): Promise<number> {
    return (await this.manager.streams.info(stream)).state.messages;
  }

  /** A feed's state as stored, once there is one. */
  async feedState<S extends FeedState>(source: string, feed: string): Promise<S | undefined> {
    const entry = await this.feeds.get(feedStateKey(source, feed));
    return entry?.operation === 'PUT' ? entry.json<S>() : undefined;
  }
}
