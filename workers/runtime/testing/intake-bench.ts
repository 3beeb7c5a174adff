// A consumer on a real cluster of three, and workers that work it off in this process as they would in their own.
import { AckPolicy, type ConsumerInfo, type JetStreamManager, type NatsConnection, nanos, RetentionPolicy } from 'nats';
import { Registry } from 'prom-client';
import { waitFor } from '../../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../../test/support/cluster.ts';
import type { Delivery } from '../delivery.ts';
import { Intake } from '../intake.ts';
import { jetStream } from '../nats.ts';
import { eachMessage } from '../work.ts';
import { type Line, recordingLog } from './log.ts';

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
    const manager = await waitFor('JetStream', 20_000, () => connection.jetstreamManager({ timeout: 1_000 }));
    const dlq = { name: 'DLQ', subjects: ['DLQ.>'], allow_direct: true };
    await waitFor('a DLQ', 20_000, () => manager.streams.add(dlq));
    return new IntakeBench(cluster, connection, manager);
  }

  /** Begins anew: an empty stream without a consumer, an empty DLQ. */
  async reset(): Promise<void> {
    await this.manager.streams.delete('T').catch(() => {});
    await this.manager.streams.purge('DLQ');
    const retention = RetentionPolicy.Limits;
    await this.manager.streams.add({ name: 'T', subjects: ['T.>'], retention, num_replicas: 3 });
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
    return this.manager.consumers.add('T', {
      durable_name: 'worker',
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      max_ack_pending: 10_000,
      max_deliver: 10,
      num_replicas: 3,
    });
  }

  consumerInfo(): Promise<ConsumerInfo> {
    return this.manager.consumers.info('T', 'worker');
  }

  /** Waits until so many messages, from the first on, are acknowledged. */
  async acknowledged(count: number, timeoutMs = 10_000): Promise<void> {
    const floor = async (): Promise<number> => (await this.consumerInfo()).ack_floor.stream_seq;
    await waitFor(`${count} acknowledgements`, timeoutMs, async () => (await floor()) >= count);
  }

  /** Waits until so many messages are delivered and not acknowledged. */
  async inHand(count: number): Promise<void> {
    await waitFor(`${count} in hand`, 10_000, async () => (await this.consumerInfo()).num_ack_pending === count);
  }

  async deadLetters(): Promise<number> {
    return (await this.manager.streams.info('DLQ')).state.messages;
  }

  /** Publishes numbers, each once, however often the cluster has to be asked. */
  async publish(from: number, count: number): Promise<void> {
    const client = jetStream(this.connection);
    const once = (n: number) => client.publish('T.a', String(n), { msgID: String(n), timeout: 2_000 });
    const numbers = Array.from({ length: count }, (_, index) => from + index);
    await Promise.all(numbers.map((n) => waitFor('a confirmation', 20_000, () => once(n), 100)));
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
    const worker = { registry, lines, ended, stop: () => stopping.abort(), abandon: () => abandoning.abort() };
    this.#workers.push(worker);
    return worker;
  }
}
