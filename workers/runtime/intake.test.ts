// The intake at work, against a real cluster: settling and back-pressure.
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { METRICS, type MetricSpec } from '../contract/metrics.ts';
import { WORK_DELIVERIES } from '../contract/roles.ts';
import { HEADER } from '../contract/subjects.ts';
import { lastMessage } from './direct-get.ts';
import { PoisonError } from './errors.ts';
import { Intake } from './intake.ts';
import { jetStream } from './nats.ts';
import { IntakeBench, messagesHeld } from './testing/intake-bench.ts';
import { recordingLog } from './testing/log.ts';
import { eachBatch } from './work.ts';

const SOON_MS = 20_000;

let bench: IntakeBench;
beforeAll(async () => {
  bench = await IntakeBench.start();
});
afterAll(() => bench?.cluster.stop());
beforeEach(() => bench.reset());
afterEach(() => bench.clear());

/** A counter's values by what it counts apart, beside the stream and the consumer. */
async function allCounts(registry: Registry, { name }: MetricSpec): Promise<Record<string, number>> {
  const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
  return Object.fromEntries(values.map(({ labels, value }) => [labels.cause ?? labels.kind, value]));
}

/** The same, of what was counted at all. */
const counts = async (registry: Registry, spec: MetricSpec): Promise<Record<string, number>> =>
  Object.fromEntries(Object.entries(await allCounts(registry, spec)).filter(([, value]) => value > 0));

describe('settling', () => {
  it('counts failures from 0 on, for a rate sees no increase in a series that begins with 1', async () => {
    await bench.addConsumer();
    const { registry } = bench.work({ work: async () => {} });
    expect(await allCounts(registry, METRICS.failures)).toEqual({ retry: 0, poison: 0 });
    const causes = { unreadable: 0, unpublishable: 0, refused: 0, exhausted: 0 };
    expect(await allCounts(registry, METRICS.deadLetters)).toEqual(causes);
  });

  it('acknowledges only after the work', async () => {
    await bench.addConsumer();
    const { open, opened } = bench.door();
    bench.work({ work: () => opened });
    await bench.publish(0, 1);
    await bench.inHand(1);
    expect((await bench.consumerInfo()).ack_floor.stream_seq).toBe(0);
    open();
    await bench.acknowledged(1);
  });

  it('moves poison to the DLQ with the reason, then ends its deliveries', async () => {
    await bench.addConsumer();
    const handled: number[] = [];
    const { registry } = bench.work({
      work: async ({ message }) => {
        handled.push(message.json<number>());
        if (message.json() === 1) throw new PoisonError('can’t be read', { cause: new Error('at byte 7') });
      },
    });
    await bench.publish(0, 3);
    await bench.acknowledged(3);
    expect(handled).toEqual([0, 1, 2]);
    expect(await bench.deadLetters()).toBe(1);
    const letter = await lastMessage(bench.connection, 'DLQ', 'DLQ.T.worker');
    expect(letter?.headers.get(HEADER.dlqReason)).toBe('can’t be read: at byte 7');
    expect(letter?.headers.get(HEADER.dlqSequence)).toBe('2');
    expect(await counts(registry, METRICS.deadLetters)).toEqual({ unreadable: 1 });
    expect(await counts(registry, METRICS.failures)).toEqual({ poison: 1 });
  });

  it('has what failed delivered again, each time after a longer while', async () => {
    await bench.addConsumer();
    const times: number[] = [];
    const { lines, registry } = bench.work({
      work: async () => {
        times.push(performance.now());
        if (times.length < 3) throw new Error('away');
      },
    });
    await bench.publish(0, 1);
    await bench.acknowledged(1, 2 * SOON_MS);
    const delays = lines.filter(({ delayMs }) => delayMs !== undefined).map(({ delayMs }) => Number(delayMs));
    expect(delays).toHaveLength(2);
    expect(delays[0]).toBeGreaterThanOrEqual(1_000);
    expect(delays[1]).toBeGreaterThanOrEqual(2_000);
    for (const [index, delayMs] of delays.entries()) {
      expect((times[index + 1] as number) - (times[index] as number)).toBeGreaterThan(delayMs - 100);
    }
    expect(await bench.deadLetters()).toBe(0);
    expect(await counts(registry, METRICS.failures)).toEqual({ retry: 2 });
    expect(await counts(registry, METRICS.deadLetters)).toEqual({});
  });

  it('moves what was delivered too often to the DLQ without working on it', async () => {
    await bench.addConsumer();
    // One alone: with a second one there, a request that overtakes the word on the first would get that.
    await bench.publish(0, 1);
    const client = await jetStream(bench.connection).consumers.get('T', 'worker');
    for (let delivery = 1; delivery <= WORK_DELIVERIES; delivery++) {
      const message = await client.next({ expires: SOON_MS });
      expect(message?.seq).toBe(1);
      message?.nak();
      await bench.connection.flush();
    }
    await bench.publish(1, 1);
    const handled: number[] = [];
    const { registry } = bench.work({ work: async ({ message }) => void handled.push(message.json<number>()) });
    await bench.acknowledged(2);
    expect(handled).toEqual([1]);
    expect(await counts(registry, METRICS.deadLetters)).toEqual({ exhausted: 1 });
    const letter = await lastMessage(bench.connection, 'DLQ', 'DLQ.T.worker');
    expect(letter?.headers.get(HEADER.dlqReason)).toMatch(/^delivered 7 times and never acknowledged/);
  });

  it('keeps alive what is worked on, and what waits its turn, for longer than ack_wait', async () => {
    // Long enough that a machine that is busy reports in time, each third of it.
    const ackWaitMs = 6_000;
    await bench.addConsumer(ackWaitMs);
    const deliveries: number[] = [];
    const { open, opened } = bench.door();
    bench.work({
      ackWaitMs,
      batch: 2,
      work: async (delivery) => {
        deliveries.push(delivery.deliveries);
        await opened;
      },
    });
    await bench.publish(0, 8);
    await bench.inHand(4);
    // Another one is there to take whatever is delivered again.
    const others: number[] = [];
    bench.work({ ackWaitMs, work: async (delivery) => void others.push(delivery.deliveries) });
    await waitFor('the other to do the rest', SOON_MS, () => others.length === 4);
    const since = performance.now();
    await waitFor('more than ack_wait', SOON_MS, () => performance.now() - since > 1.5 * ackWaitMs);
    await bench.inHand(4);
    expect(await bench.consumerInfo()).toMatchObject({ num_ack_pending: 4, num_redelivered: 0 });
    open();
    await bench.acknowledged(8);
    expect(others).toEqual(Array(4).fill(1));
    expect(deliveries).toEqual(Array(4).fill(1));
  });
});

describe('back-pressure', () => {
  it('holds no more than two batches, and leaves the rest to others', async () => {
    await bench.addConsumer();
    await bench.publish(0, 100);
    const { open, opened } = bench.door();
    bench.work({ work: () => opened });
    await bench.inHand(20);
    const others: number[] = [];
    bench.work({ work: async ({ message }) => void others.push(message.json<number>()), concurrency: 5 });
    await waitFor('the other to do the rest', SOON_MS, () => others.length === 80);
    // The acknowledgements of the last ones are on their way.
    await waitFor('the rest to be acknowledged', SOON_MS, async () => {
      return (await bench.consumerInfo()).num_ack_pending === 20;
    });
    open();
    await bench.acknowledged(100);
    expect(others).toHaveLength(80);
  });

  it('hands out batches of what is there', async () => {
    await bench.addConsumer();
    await bench.publish(0, 500);
    const stopping = new AbortController();
    const { signal } = stopping;
    const registry = new Registry();
    const intake = new Intake({
      client: jetStream(bench.connection),
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
    const settled = (): number => sizes.reduce((sum, size) => sum + size, 0);
    // It asks for no more while there is room for less than half a batch, so this is as much as may be there.
    const full = () =>
      waitFor('what may be there', SOON_MS, async () => {
        return Number(await messagesHeld(registry)) >= Math.min(151, 500 - settled());
      });
    await full();
    await eachBatch(
      intake,
      { stream: 'T', consumer: 'worker', concurrency: 2, registry, batch: 100 },
      async (batch) => {
        await full();
        sizes.push(batch.length);
        for (const delivery of batch) delivery.done();
        if (settled() === 500) stopping.abort();
      },
    );
    await intake.close();
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(sizes.length).toBeLessThan(100);
    expect(await registry.getSingleMetricAsString('newsjet_messages_settled_total')).toContain('outcome="done"} 500');
  });
});
