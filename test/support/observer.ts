// Looks at what workers left in a cluster under test, as an identity that may do anything.
import { randomUUID } from 'node:crypto';
import {
  AckPolicy,
  consumerOpts,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type KV,
  type NatsConnection,
} from 'nats';
import type { FeedState } from '../../workers/contract/feed-state.ts';
import { DLQ_STREAM, FEEDS_BUCKET, feedStateKey, HEADER } from '../../workers/contract/subjects.ts';
import { OBSERVER, type TestCluster } from './cluster.ts';

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

const found = (message: JsMsg): Found => ({
  subject: message.subject,
  sequence: message.seq,
  timeMs: message.info.timestampNanos / 1e6,
  header: (name) => message.headers?.get(name) ?? '',
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

  /** All messages of a subject that their stream holds now, in order. */
  async messages(subject: string): Promise<Found[]> {
    const stream = await this.manager.streams.find(subject);
    // Not an ordered consumer: those keep one replica, which a stream that retains by interest refuses.
    const { name } = await this.manager.consumers.add(stream, {
      name: `observer-${randomUUID()}`,
      filter_subject: subject,
      ack_policy: AckPolicy.None,
    });
    const consumer = await this.client.consumers.get(stream, name);
    const { num_pending: total } = await consumer.info();
    const messages: Found[] = [];
    while (messages.length < total) {
      const batch = await consumer.fetch({ max_messages: Math.min(total - messages.length, 5_000), expires: 5_000 });
      for await (const message of batch) messages.push(found(message));
    }
    await this.manager.consumers.delete(stream, name);
    return messages;
  }

  /** Collects the messages of a subject, in a stream that retains by limits, for as long as the connection lives. */
  async follow(subject: string): Promise<readonly Found[]> {
    const messages: Found[] = [];
    const subscription = await this.client.subscribe(subject, consumerOpts().orderedConsumer());
    void (async () => {
      for await (const message of subscription) messages.push(found(message));
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
