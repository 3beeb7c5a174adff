// Messages that are published and acknowledged all the time over one connection: whatever disturbs it is found out.
import { AckPolicy, type ConsumerMessages, type JetStreamClient, type NatsConnection } from 'nats';
import { GiveUpError, waitFor } from '../../../../local/wait.ts';
import { reasonOf } from '../../../runtime/errors.ts';

const NAME = 'FLOW';
const START_TIMEOUT_MS = 60_000;
const ADVANCE_TIMEOUT_MS = 60_000;

export class Flow {
  readonly #client: JetStreamClient;
  readonly #messages: ConsumerMessages;
  readonly #seen = new Set<number>();
  readonly #done: Promise<unknown>;
  #published = 0;
  #stopping = false;
  #failure: unknown;

  private constructor(client: JetStreamClient, messages: ConsumerMessages) {
    this.#client = client;
    this.#messages = messages;
    const fail = (error: unknown): void => {
      this.#failure ??= error;
    };
    this.#done = Promise.all([this.#publish().catch(fail), this.#consume().catch(fail)]);
  }

  /** Makes a stream of its own for it. @param connection of an identity that may do anything */
  static async start(connection: NatsConnection): Promise<Flow> {
    const manager = await connection.jetstreamManager({ checkAPI: false });
    const stream = { name: NAME, subjects: [NAME], num_replicas: 3 };
    // The servers may still be finding each other.
    await waitFor('there is a stream', START_TIMEOUT_MS, async () => !!(await manager.streams.add(stream)));
    await manager.consumers.add(NAME, { durable_name: NAME, ack_policy: AckPolicy.Explicit });
    const client = connection.jetstream();
    const consumer = await client.consumers.get(NAME, NAME);
    return new Flow(client, await consumer.consume({ max_messages: 100 }));
  }

  /** Waits until so many more have been published, delivered and acknowledged; none may fail or come twice. */
  async advance(count: number): Promise<void> {
    const goal = this.#published + count;
    await waitFor(`${goal} messages have come`, ADVANCE_TIMEOUT_MS, () => {
      if (this.#failure) throw new GiveUpError(`the flow is disturbed: ${reasonOf(this.#failure)}`);
      return this.#seen.size >= goal;
    });
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#messages.close();
    await this.#done;
  }

  async #publish(): Promise<void> {
    while (!this.#stopping) {
      const { duplicate } = await this.#client.publish(NAME, String(this.#published), {
        msgID: `flow-${this.#published}`,
      });
      if (duplicate) throw new Error(`message ${this.#published} was there already`);
      this.#published += 1;
    }
  }

  async #consume(): Promise<void> {
    for await (const message of this.#messages) {
      const number = Number(message.string());
      if (this.#seen.has(number)) throw new Error(`message ${number} came twice`);
      if (!(await message.ackAck())) throw new Error(`message ${number} could not be acknowledged`);
      this.#seen.add(number);
    }
  }
}
