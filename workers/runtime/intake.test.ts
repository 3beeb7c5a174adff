// The intake and what works it off, against a real cluster of three.
import { AckPolicy, type JetStreamManager, type NatsConnection, nanos, RetentionPolicy } from 'nats';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../test/support/cluster.ts';
import { WORK_DELIVERIES } from '../contract/roles.ts';
import { HEADER } from '../contract/subjects.ts';
import type { Delivery } from './delivery.ts';
import { lastMessage } from './direct-get.ts';
import { FatalError, PoisonError, StoppingError } from './errors.ts';
import { Intake } from './intake.ts';
import { jetStream } from './nats.ts';
import { recordingLog } from './testing/log.ts';
import { eachBatch, eachMessage } from './work.ts';

const DEFINITION = 'sources: { s: { kind: rss, feeds: [{ url: https://a.example/rss }] } }';
const SOON_MS = 10_000;

let cluster: TestCluster;
let connection: NatsConnection;
let manager: JetStreamManager;
const running: { stop(): void; ended: Promise<void> }[] = [];

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  connection = await cluster.connect(OBSERVER.name, { maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  manager = await waitFor('JetStream', 20_000, () => connection.jetstreamManager({ timeout: 1_000 }));
  await waitFor('a DLQ', 20_000, () => manager.streams.add({ name: 'DLQ', subjects: ['DLQ.>'], allow_direct: true }));
});
afterAll(() => cluster?.stop());

beforeEach(async () => {
  await manager.streams.delete('T').catch(() => {});
  await manager.streams.purge('DLQ');
  await manager.streams.add({ name: 'T', subjects: ['T.>'], retention: RetentionPolicy.Limits, num_replicas: 3 });
});
afterEach(async () => {
  for (const { stop } of running) stop();
  await Promise.allSettled(running.splice(0).map(({ ended }) => ended));
});

const addConsumer = (ackWaitMs = 30_000) =>
  manager.consumers.add('T', {
    durable_name: 'worker',
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: 10_000,
    max_deliver: 10,
    num_replicas: 3,
  });
const consumerInfo = () => manager.consumers.info('T', 'worker');
const deadLetters = async (): Promise<number> => (await manager.streams.info('DLQ')).state.messages;
async function publish(from: number, count: number): Promise<void> {
  const client = jetStream(connection);
  const once = (n: number) => client.publish('T.a', String(n), { msgID: String(n), timeout: 2_000 });
  await Promise.all(
    Array.from({ length: count }, (_, i) => waitFor('a confirmation', 20_000, () => once(from + i), 100)),
  );
}

interface Start {
  readonly work: (delivery: Delivery, abandoning: AbortSignal) => Promise<void>;
  readonly batch?: number;
  readonly concurrency?: number;
  readonly ackWaitMs?: number;
}

/** Works off the consumer as a process would. */
function start({ work, batch = 10, concurrency = 1, ackWaitMs = 30_000 }: Start) {
  const stopping = new AbortController();
  const abandoning = new AbortController();
  const { log, lines } = recordingLog();
  const registry = new Registry();
  const intake = new Intake({
    client: jetStream(connection),
    stream: 'T',
    consumer: 'worker',
    batch,
    ackWaitMs,
    log,
    registry,
    stop: { stopping: stopping.signal, abandoning: abandoning.signal },
  });
  const options = { stream: 'T', consumer: 'worker', concurrency, registry };
  const ended = (async () => {
    try {
      await intake.open();
      await eachMessage(intake, options, (delivery) => work(delivery, abandoning.signal));
    } finally {
      await intake.close();
    }
  })();
  ended.catch(() => {});
  const worker = {
    lines,
    intake,
    ended,
    stop: () => stopping.abort(),
    abandon: () => abandoning.abort(),
  };
  running.push({
    ended,
    stop: () => {
      worker.stop();
      worker.abandon();
    },
  });
  return worker;
}

/** A door that work waits at. */
function door() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new StoppingError()), { once: true }));

describe('settling', () => {
  it('acknowledges only after the work', async () => {
    await addConsumer();
    const { open, opened } = door();
    start({ work: () => opened });
    await publish(0, 1);
    await waitFor('the delivery', SOON_MS, async () => (await consumerInfo()).num_ack_pending === 1);
    expect((await consumerInfo()).ack_floor.stream_seq).toBe(0);
    open();
    await waitFor('the acknowledgement', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq === 1);
  });

  it('moves poison to the DLQ with the reason, then ends its deliveries', async () => {
    await addConsumer();
    const handled: number[] = [];
    start({
      work: async ({ message }) => {
        handled.push(message.json<number>());
        if (message.json() === 1) throw new PoisonError('can’t be read', { cause: new Error('at byte 7') });
      },
    });
    await publish(0, 3);
    await waitFor('all to be settled', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq === 3);
    expect(handled).toEqual([0, 1, 2]);
    expect(await deadLetters()).toBe(1);
    const letter = await lastMessage(connection, 'DLQ', 'DLQ.T.worker');
    expect(letter?.headers.get(HEADER.dlqReason)).toBe('can’t be read: at byte 7');
    expect(letter?.headers.get(HEADER.dlqSequence)).toBe('2');
  });

  it('has what failed delivered again, each time after a longer while', async () => {
    await addConsumer();
    const times: number[] = [];
    const { lines } = start({
      work: async () => {
        times.push(performance.now());
        if (times.length < 3) throw new Error('away');
      },
    });
    await publish(0, 1);
    await waitFor('success', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq === 1);
    const delays = lines.filter(({ delayMs }) => delayMs !== undefined).map(({ delayMs }) => Number(delayMs));
    expect(delays).toHaveLength(2);
    expect(delays[0]).toBeGreaterThanOrEqual(1_000);
    expect(delays[1]).toBeGreaterThanOrEqual(2_000);
    for (const [index, delayMs] of delays.entries()) {
      expect((times[index + 1] as number) - (times[index] as number)).toBeGreaterThan(delayMs - 100);
    }
    expect(await deadLetters()).toBe(0);
  });

  it('moves what was delivered too often to the DLQ without working on it', async () => {
    await addConsumer();
    await publish(0, 2);
    const client = await jetStream(connection).consumers.get('T', 'worker');
    for (let delivery = 1; delivery <= WORK_DELIVERIES; delivery++) {
      const message = await client.next({ expires: 5_000 });
      expect(message?.seq).toBe(1);
      message?.nak();
      await connection.flush();
    }
    const handled: number[] = [];
    start({ work: async ({ message }) => void handled.push(message.json<number>()) });
    await waitFor('both to be settled', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq === 2);
    expect(handled).toEqual([1]);
    const letter = await lastMessage(connection, 'DLQ', 'DLQ.T.worker');
    expect(letter?.headers.get(HEADER.dlqReason)).toMatch(/^delivered 7 times and never acknowledged/);
  });

  it('keeps alive what is worked on, and what waits its turn, for longer than ack_wait', async () => {
    await addConsumer(1_000);
    const deliveries: number[] = [];
    const { open, opened } = door();
    start({
      ackWaitMs: 1_000,
      batch: 2,
      work: async (delivery) => {
        deliveries.push(delivery.deliveries);
        await opened;
      },
    });
    await publish(0, 8);
    await waitFor('two batches in hand', SOON_MS, async () => (await consumerInfo()).num_ack_pending === 4);
    const since = performance.now();
    await waitFor('three times ack_wait', SOON_MS, () => performance.now() - since > 3_200);
    expect(await consumerInfo()).toMatchObject({ num_ack_pending: 4, num_redelivered: 0 });
    open();
    await waitFor('the end', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq === 8);
    expect(deliveries).toEqual(Array(8).fill(1));
  });
});

describe('back-pressure', () => {
  it('holds no more than two batches, and leaves the rest to others', async () => {
    await addConsumer();
    await publish(0, 100);
    const { open, opened } = door();
    start({ work: () => opened });
    await waitFor('two batches', SOON_MS, async () => (await consumerInfo()).num_ack_pending === 20);
    const others: number[] = [];
    start({ work: async ({ message }) => void others.push(message.json<number>()), concurrency: 5 });
    await waitFor('the other to do the rest', SOON_MS, () => others.length === 80);
    expect((await consumerInfo()).num_ack_pending).toBe(20);
    open();
    await waitFor('the end', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq === 100);
    expect(others).toHaveLength(80);
  });

  it('hands out batches of what is there', async () => {
    await addConsumer();
    await publish(0, 500);
    const stopping = new AbortController();
    const { signal } = stopping;
    const registry = new Registry();
    const intake = new Intake({
      client: jetStream(connection),
      stream: 'T',
      consumer: 'worker',
      batch: 100,
      ackWaitMs: 30_000,
      log: recordingLog().log,
      registry,
      stop: { stopping: signal, abandoning: signal },
    });
    await intake.open();
    const sizes: number[] = [];
    await eachBatch(
      intake,
      { stream: 'T', consumer: 'worker', concurrency: 2, registry, batch: 100 },
      async (batch) => {
        sizes.push(batch.length);
        for (const delivery of batch) delivery.done();
        if (sizes.reduce((sum, size) => sum + size, 0) === 500) stopping.abort();
        // Whoever pulls more needs a turn of the loop to get it.
        await connection.flush();
      },
    );
    await intake.close();
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(sizes.length).toBeLessThan(100);
    expect(await registry.getSingleMetricAsString('newsjet_messages_settled_total')).toContain('outcome="done"} 500');
  });
});

describe('stopping', () => {
  it('finishes what is in hand, and gives the rest back at once for others', async () => {
    await addConsumer();
    await publish(0, 15);
    const { open, opened } = door();
    const first: number[] = [];
    const stopped = start({
      work: async ({ message }) => {
        await opened;
        first.push(message.json<number>());
      },
    });
    await waitFor('all in hand', SOON_MS, async () => (await consumerInfo()).num_ack_pending === 15);
    stopped.stop();
    const others: Delivery[] = [];
    start({ work: async (delivery) => void others.push(delivery) });
    await waitFor('the other to do the rest, long before ack_wait', 5_000, () => others.length === 14);
    expect(first).toEqual([]);
    open();
    await stopped.ended;
    expect(first).toEqual([0]);
    await waitFor('the end', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq === 15);
    expect(others).toHaveLength(14);
  });

  it('leaves nothing behind for ack_wait when it stops in the middle of a stream of messages', async () => {
    await addConsumer();
    const first: number[] = [];
    const stopped = start({ work: async ({ message }) => void first.push(message.json<number>()), batch: 100 });
    const publishing = publish(0, 4_000);
    await waitFor('some to be done', SOON_MS, () => first.length > 300);
    stopped.stop();
    await stopped.ended;
    await publishing;
    const others: number[] = [];
    start({ work: async ({ message }) => void others.push(message.json<number>()), batch: 100 });
    await waitFor('the end, long before ack_wait', SOON_MS, async () => {
      return (await consumerInfo()).ack_floor.stream_seq === 4_000;
    });
    expect([...first, ...others].sort((a, b) => a - b)).toEqual(Array.from({ length: 4_000 }, (_, n) => n));
  });

  it('gives back work that is abandoned', async () => {
    await addConsumer();
    await publish(0, 1);
    const stopped = start({ work: (_, abandoning) => untilAborted(abandoning) });
    await waitFor('the delivery', SOON_MS, async () => (await consumerInfo()).num_ack_pending === 1);
    stopped.stop();
    await waitFor('its requests to end', SOON_MS, async () => (await consumerInfo()).num_waiting === 0);
    stopped.abandon();
    await stopped.ended;
    const others: number[] = [];
    start({ work: async ({ deliveries }) => void others.push(deliveries) });
    await waitFor('the other', 5_000, () => others.length === 1);
    expect(others).toEqual([2]);
  });

  it('ends at once while it waits for its consumer', async () => {
    const { stop, ended, lines } = start({ work: async () => {} });
    await waitFor('the wait', SOON_MS, () => lines.some(({ msg }) => msg === 'waiting for the consumer to be created'));
    stop();
    await expect(ended).rejects.toBeInstanceOf(StoppingError);
  });

  it('ends on a fatal error with its hands full, after the other work, and gives the rest back', async () => {
    await addConsumer();
    await publish(0, 100);
    const { open, opened } = door();
    const finished: number[] = [];
    const failed = start({
      concurrency: 2,
      work: async ({ message }) => {
        if (message.json() === 1) throw new FatalError('out of order');
        await opened;
        finished.push(message.json<number>());
      },
    });
    const others: number[] = [];
    const other = start({ work: async ({ message }) => void others.push(message.json<number>()) });
    await waitFor('the other to do nearly all', SOON_MS, () => others.length >= 98);
    expect(finished).toEqual([]);
    open();
    await expect(failed.ended).rejects.toThrow('out of order');
    await waitFor('the end', SOON_MS, async () => (await consumerInfo()).ack_floor.stream_seq === 100);
    expect(finished).toEqual([0]);
    expect(others).toHaveLength(99);
    other.stop();
    await other.ended;
  });
});

describe('absences', () => {
  it('waits for a consumer that is yet to be created', async () => {
    const handled: number[] = [];
    const { lines } = start({ work: async ({ message }) => void handled.push(message.json<number>()) });
    await waitFor('the wait', SOON_MS, () => lines.some(({ msg }) => msg === 'waiting for the consumer to be created'));
    await addConsumer();
    await publish(0, 1);
    await waitFor('the delivery', SOON_MS, () => handled.length === 1);
  });

  it('goes on when its consumer is deleted and created again', async () => {
    await addConsumer();
    const handled: number[] = [];
    const { lines } = start({ work: async ({ message }) => void handled.push(message.json<number>()) });
    await publish(0, 1);
    await waitFor('the first delivery', SOON_MS, () => handled.length === 1);
    await manager.consumers.delete('T', 'worker');
    await waitFor('a word on it', SOON_MS, () =>
      lines.some(({ msg }) => msg === 'the consumer does not deliver, asking again'),
    );
    await manager.streams.purge('T');
    await addConsumer();
    await publish(1, 1);
    await waitFor('the second delivery', SOON_MS, () => handled.includes(1));
  });

  it('loses nothing when the server that leads the consumer is killed under load', { timeout: 60_000 }, async () => {
    await addConsumer(2_000);
    const handled = new Set<number>();
    const work = async ({ message }: Delivery): Promise<void> => void handled.add(message.json<number>());
    start({ work, batch: 50, ackWaitMs: 2_000, concurrency: 4 });
    start({ work, batch: 50, ackWaitMs: 2_000, concurrency: 4 });
    const publishing = publish(0, 3_000);
    await waitFor('some to be done', SOON_MS, () => handled.size > 100);
    const leader = Number((await consumerInfo()).cluster?.leader?.split('-')[1]);
    const server = cluster.cluster.servers[leader];
    server?.kill('SIGKILL');
    await server?.exited;
    await publishing;
    await cluster.cluster.restart(leader);
    await waitFor('all of it', 30_000, async () => (await consumerInfo()).ack_floor.stream_seq >= 3_000);
    expect(handled.size).toBe(3_000);
    expect(await deadLetters()).toBe(0);
  });
});
