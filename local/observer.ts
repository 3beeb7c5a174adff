// Counts what passes through the streams, from outside and apart from what the workers say of themselves.
import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  connect,
  DeliverPolicy,
  type JetStreamManager,
  type NatsConnection,
  nanos,
} from 'nats';
import { FOLLOWED_STREAMS, OBSERVER } from '../workers/contract/observer.ts';
import { DLQ_STREAM, inboxPrefix, NEWS_STREAM, SOURCES_STREAM } from '../workers/contract/subjects.ts';

const INACTIVE_MS = 5 * 60_000;

/** What was stored in the streams, each message counted once. */
export interface Observation {
  readonly raw: number;
  readonly received: number;
  /** How often each news id was published on NEWS.processed. */
  readonly processed: ReadonlyMap<string, number>;
  readonly dlq: number;
}

/**
 * Watches from before the first message on. Where another consumer is allowed, it has one; of a work queue it knows how many messages
 * the stream has stored since: the server stores none twice, for their ids are known to it.
 */
export class Observer {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #before: Sequences;
  readonly #messages: ConsumerMessages[] = [];
  readonly #processed = new Map<string, number>();
  #dlq = 0;

  private constructor(connection: NatsConnection, manager: JetStreamManager, before: Sequences) {
    this.#connection = connection;
    this.#manager = manager;
    this.#before = before;
  }

  /** Starts to watch; the streams must exist, and nothing may have been published yet. */
  static async start(options: {
    readonly natsUrls: readonly string[];
    readonly tls: { readonly caFile: string; readonly certFile: string; readonly keyFile: string };
    /** How often it asks whether the server is still there, where that can't be seen. @default the client's own */
    readonly pingIntervalMs?: number;
  }): Promise<Observer> {
    const connection = await connect({
      servers: [...options.natsUrls],
      tls: options.tls,
      inboxPrefix: inboxPrefix(OBSERVER.name),
      maxReconnectAttempts: -1,
      ignoreClusterUpdates: true,
      ...(options.pingIntervalMs === undefined ? {} : { pingInterval: options.pingIntervalMs }),
    });
    const manager = await connection.jetstreamManager({ checkAPI: false });
    const observer = new Observer(connection, manager, await readSequences(manager));
    await Promise.all(FOLLOWED_STREAMS.map((stream) => observer.#follow(stream)));
    return observer;
  }

  /** How often each news id was published on NEWS.processed so far. */
  get processed(): ReadonlyMap<string, number> {
    return this.#processed;
  }

  /** All that was stored so far. */
  async observe(): Promise<Observation> {
    const now = await readSequences(this.#manager);
    return {
      raw: now.raw - this.#before.raw,
      received: now.received - this.#before.received,
      processed: this.#processed,
      dlq: this.#dlq,
    };
  }

  /** Messages of a consumer that are not acknowledged yet, delivered or not. */
  async outstanding(stream: string, consumer: string): Promise<number> {
    const info = await this.#manager.consumers.info(stream, consumer);
    return info.num_pending + info.num_ack_pending;
  }

  /** Removes its consumers, so that nothing is kept for it. */
  async stop(): Promise<void> {
    await Promise.all(this.#messages.map((messages) => messages.close()));
    await Promise.allSettled(FOLLOWED_STREAMS.map((stream) => this.#manager.consumers.delete(stream, OBSERVER.name)));
    await this.#connection.close();
  }

  async #follow(stream: string): Promise<void> {
    // Acknowledged like any other: under interest retention, a message stays until this consumer has counted it.
    await this.#manager.consumers.add(stream, {
      durable_name: OBSERVER.name,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      max_ack_pending: 20_000,
      // An observer that ended without a word must not hold messages back for ever.
      inactive_threshold: nanos(INACTIVE_MS),
    });
    const consumer: Consumer = await this.#connection
      .jetstream({ checkAPI: false })
      .consumers.get(stream, OBSERVER.name);
    const messages = await consumer.consume({ max_messages: 1_000 });
    this.#messages.push(messages);
    void this.#count(stream, messages);
  }

  async #count(stream: string, messages: ConsumerMessages): Promise<void> {
    const seen = new Set<number>();
    for await (const message of messages) {
      message.ack();
      if (seen.has(message.seq)) continue;
      seen.add(message.seq);
      if (stream === DLQ_STREAM) this.#dlq++;
      else {
        const { id } = message.json<{ id: string }>();
        this.#processed.set(id, (this.#processed.get(id) ?? 0) + 1);
      }
    }
  }
}

/** How many messages the work queues have ever stored. */
type Sequences = Pick<Observation, 'raw' | 'received'>;

async function readSequences(manager: JetStreamManager): Promise<Sequences> {
  const [raw, received] = await Promise.all([SOURCES_STREAM, NEWS_STREAM].map((name) => manager.streams.info(name)));
  if (!raw || !received) throw new Error('a stream was not asked about');
  return { raw: raw.state.last_seq, received: received.state.last_seq };
}
