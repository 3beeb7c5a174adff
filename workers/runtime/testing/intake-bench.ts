// A consumer on a real cluster of three, and workers that work it off in this process as they would in their own.
import { AckPolicy, type ConsumerInfo, type JetStreamManager, type NatsConnection, nanos, RetentionPolicy } from 'nats';
import { Registry } from 'prom-client';
import { waitFor } from '../../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../../test/support/cluster.ts';
import { METRICS } from '../../contract/metrics.ts';
import type { Delivery } from '../delivery.ts';
import { Intake } from '../intake.ts';
import { jetStream } from '../nats.ts';
import { eachMessage } from '../work.ts';
import { type Line, recordingLog } from './log.ts';

/** For what a cluster may refuse, or not answer, for a moment: it elects leaders, or one of its servers was killed. */
const ANSWER_TIMEOUT_MS = 30_000;

const DEFINITION = 'sources: { s: { kind: rss, feeds: [{ url: https://a.example/rss }] } }';

/** How a worker of the bench works. */
export interface BenchWork {
  readonly work: (delivery: Delivery, abandoning: AbortSignal) => Promise<void>;
  /** @default 10 */
  readonly batch?: number;
  /** @default 1 */
  readonly concurrency?: number;
  /** @default 30000 */
  readonly ackWaitMs?: number;
}

/** A worker of the bench. */
export interface BenchWorker {
  readonly registry: Registry;
  readonly lines: readonly Line[];
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
  /** Waits until it holds so many messages itself: what the server has delivered may be on its way still. */
  holds(count: number): Promise<void>;
  stop(): void;
  abandon(): void;
}

/** The stream T, its consumer `worker`, the DLQ, and whoever works on them. */
export class IntakeBench {
  readonly cluster: TestCluster;
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly #workers: BenchWorker[] = [];
  readonly #doors: (() => void)[] = [];

  private constructor(cluster: TestCluster, connection: NatsConnection, manager: JetStreamManager) {
    this.cluster = cluster;
    this.connection = connection;
    this.manager = manager;
  }

  static async start(): Promise<IntakeBench> {
    const cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
    const connection = await cluster.connect(OBSERVER.name, { maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    await waitFor('JetStream', ANSWER_TIMEOUT_MS, () => connection.jetstreamManager({ timeout: 1_000 }));
    const manager = await connection.jetstreamManager({ checkAPI: false, timeout: 5_000 });
    const dlq = { name: 'DLQ', subjects: ['DLQ.>'], allow_direct: true };
    await waitFor('a DLQ', ANSWER_TIMEOUT_MS, () => manager.streams.add(dlq));
    return new IntakeBench(cluster, connection, manager);
  }

  /** Begins anew: an empty stream without a consumer, an empty DLQ. */
  async reset(): Promise<void> {
    const { streams } = this.manager;
    await waitFor('T to be gone', ANSWER_TIMEOUT_MS, async () => {
      await streams.delete('T').catch(() => {});
      for await (const name of streams.names()) if (name === 'T') return false;
      return true;
    });
    await waitFor('an empty DLQ', ANSWER_TIMEOUT_MS, () => streams.purge('DLQ'));
    const retention = RetentionPolicy.Limits;
    const empty = { name: 'T', subjects: ['T.>'], retention, num_replicas: 3 };
    await waitFor('a stream T', ANSWER_TIMEOUT_MS, () => streams.add(empty));
  }

  /** Opens all doors and ends all workers. */
  async clear(): Promise<void> {
    for (const open of this.#doors.splice(0)) open();
    const workers = this.#workers.splice(0);
    for (const worker of workers) {
      worker.stop();
      worker.abandon();
    }
    await Promise.allSettled(workers.map(({ ended }) => ended));
  }

  addConsumer(ackWaitMs = 30_000): Promise<ConsumerInfo> {
    const consumer = {
      durable_name: 'worker',
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      max_ack_pending: 10_000,
      max_deliver: 10,
      num_replicas: 3,
    };
    return waitFor('a consumer', ANSWER_TIMEOUT_MS, () => this.manager.consumers.add('T', consumer));
  }

  consumerInfo(): Promise<ConsumerInfo> {
    return waitFor('word of the consumer', ANSWER_TIMEOUT_MS, () => this.manager.consumers.info('T', 'worker'));
  }

  /** Waits until so many messages, from the first on, are acknowledged. */
  async acknowledged(count: number, timeoutMs = 20_000): Promise<void> {
    const floor = async (): Promise<number> => (await this.consumerInfo()).ack_floor.stream_seq;
    await waitFor(`${count} acknowledgements`, timeoutMs, async () => (await floor()) >= count);
  }

  /** Waits until so many messages are delivered and not acknowledged. */
  async inHand(count: number): Promise<void> {
    await waitFor(`${count} in hand`, 20_000, async () => (await this.consumerInfo()).num_ack_pending === count);
  }

  async deadLetters(): Promise<number> {
    const info = await waitFor('word of the DLQ', ANSWER_TIMEOUT_MS, () => this.manager.streams.info('DLQ'));
    return info.state.messages;
  }

  /** Publishes numbers, each once, however often the cluster has to be asked; the first number is the first message. */
  async publish(from: number, count: number): Promise<void> {
    const client = jetStream(this.connection);
    const once = (n: number) => client.publish('T.a', String(n), { msgID: String(n), timeout: 5_000 });
    const confirmed = (n: number) => waitFor('a confirmation', 60_000, () => once(n), 100);
    // Once a server knows who takes these subjects, none of the others is asked for twice, and their order is theirs.
    await confirmed(from);
    const others = Array.from({ length: count - 1 }, (_, index) => from + 1 + index);
    await Promise.all(others.map(confirmed));
  }

  /** Something that work waits at; it opens at the end of the test at the latest. */
  door(): { open: () => void; opened: Promise<void> } {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#doors.push(open);
    return { open, opened };
  }

  /** Works off the consumer as a process would. */
  work({ work, batch = 10, concurrency = 1, ackWaitMs = 30_000 }: BenchWork): BenchWorker {
    const stopping = new AbortController();
    const abandoning = new AbortController();
    const { log, lines } = recordingLog();
    const common = { stream: 'T', consumer: 'worker', registry: new Registry() };
    const stop = { stopping: stopping.signal, abandoning: abandoning.signal };
    const intake = new Intake({ ...common, client: jetStream(this.connection), batch, ackWaitMs, log, stop });
    const run = async (): Promise<void> => {
      try {
        await intake.open();
        await eachMessage(intake, { ...common, concurrency }, (delivery) => work(delivery, abandoning.signal));
      } finally {
        await intake.close();
      }
    };
    const ended = run();
    ended.catch(() => {});
    const { registry } = common;
    const holds = async (count: number): Promise<void> => {
      await waitFor(`${count} held`, 20_000, async () => (await messagesHeld(registry)) === count);
    };
    const worker = { registry, lines, ended, holds, stop: () => stopping.abort(), abandon: () => abandoning.abort() };
    this.#workers.push(worker);
    return worker;
  }
}

/** How many messages an intake holds, by what it measures. */
export async function messagesHeld(registry: Registry): Promise<number | undefined> {
  return (await registry.getSingleMetric(METRICS.inHand.name)?.get())?.values[0]?.value;
}
