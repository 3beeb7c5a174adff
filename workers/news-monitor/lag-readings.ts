// How old the oldest message is that a consumer has not acknowledged.
import type { ConsumerInfo, NatsConnection } from 'nats';
import { firstMessageFrom } from '../runtime/direct-get.ts';

/** What is needed of a consumer's state. */
export type LaggingConsumer = Pick<ConsumerInfo, 'num_pending' | 'num_ack_pending' | 'ack_floor' | 'config'>;

/** Looks messages up, each once: while a consumer's floor stands, its oldest message is the same. */
export class LagReadings {
  readonly #connection: NatsConnection;
  readonly #oldest = new Map<string, { readonly floor: number; readonly storedAtMs: number }>();

  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  /**
   * Its age in seconds, 0 when there is none.
   * @throws when the stream does not answer
   */
  async read(stream: string, consumer: string, info: LaggingConsumer, now = Date.now()): Promise<number> {
    const key = `${stream} ${consumer}`;
    const floor = info.ack_floor.stream_seq;
    if (info.num_pending + info.num_ack_pending === 0) {
      this.#oldest.delete(key);
      return 0;
    }
    let oldest = this.#oldest.get(key);
    if (oldest?.floor !== floor) {
      const query = { sequence: floor + 1, subjects: info.config.filter_subject || '>' };
      const message = await firstMessageFrom(this.#connection, stream, query);
      this.#oldest.delete(key);
      // All were acknowledged meanwhile, or what came just now is not on the replica that answered.
      if (!message) return 0;
      oldest = { floor, storedAtMs: message.time.getTime() };
      this.#oldest.set(key, oldest);
    }
    return Math.max(0, now - oldest.storedAtMs) / 1_000;
  }
}
