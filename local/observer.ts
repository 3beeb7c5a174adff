// Counts what passes through the streams, from consumers of its own and apart from what the workers say of themselves.
import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  connect,
  DeliverPolicy,
  type NatsConnection,
  nanos,
} from 'nats';
import { OBSERVED_STREAMS, OBSERVER } from '../workers/contract/observer.ts';
import {
  DLQ_STREAM,
  inboxPrefix,
  NEWS_PROCESSED,
  NEWS_RECEIVED,
  SOURCES_STREAM,
} from '../workers/contract/subjects.ts';

const INACTIVE_MS = 5 * 60_000;

/** What was stored in the streams, each message counted once. */
export interface Observation {
  readonly raw: number;
  readonly received: number;
  /** How often each news id was published on NEWS.processed. */
  readonly processed: ReadonlyMap<string, number>;
  readonly dlq: number;
}

/** Watches from before the first message on. */
export class Observer {
  readonly #connection: NatsConnection;
  readonly #messages: ConsumerMessages[] = [];
  readonly #processed = new Map<string, number>();
  #raw = 0;
  #received = 0;
  #dlq = 0;

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
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
    const observer = new Observer(connection);
    await Promise.all(OBSERVED_STREAMS.map((stream) => observer.#observe(stream)));
    return observer;
  }

  get observation(): Observation {
    return { raw: this.#raw, received: this.#received, processed: this.#processed, dlq: this.#dlq };
  }

  /** Messages of a consumer that are not acknowledged yet, delivered or not. */
  async outstanding(stream: string, consumer: string): Promise<number> {
    const manager = await this.#connection.jetstreamManager({ checkAPI: false });
    const info = await manager.consumers.info(stream, consumer);
    return info.num_pending + info.num_ack_pending;
  }

  /** Removes its consumers, so that nothing is kept for it. */
  async stop(): Promise<void> {
    await Promise.all(this.#messages.map((messages) => messages.close()));
    const manager = await this.#connection.jetstreamManager({ checkAPI: false });
    await Promise.allSettled(OBSERVED_STREAMS.map((stream) => manager.consumers.delete(stream, OBSERVER.name)));
    await this.#connection.close();
  }

  async #observe(stream: string): Promise<void> {
    const manager = await this.#connection.jetstreamManager({ checkAPI: false });
    // Acknowledged like any other: under interest retention, a message stays until this consumer has counted it.
    await manager.consumers.add(stream, {
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
      if (stream === SOURCES_STREAM) this.#raw++;
      else if (stream === DLQ_STREAM) this.#dlq++;
      else if (message.subject === NEWS_RECEIVED) this.#received++;
      else if (message.subject === NEWS_PROCESSED) {
        const { id } = message.json<{ id: string }>();
        this.#processed.set(id, (this.#processed.get(id) ?? 0) + 1);
      }
    }
  }
}
