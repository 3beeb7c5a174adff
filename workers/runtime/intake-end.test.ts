// The intake's ends and absences, against a real cluster: stopping, fatal errors, consumers and servers that are away.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import type { Delivery } from './delivery.ts';
import { FatalError, StoppingError } from './errors.ts';
import { IntakeBench } from './testing/intake-bench.ts';

const SOON_MS = 20_000;

let bench: IntakeBench;
beforeAll(async () => {
  bench = await IntakeBench.start();
});
afterAll(() => bench?.cluster.stop());
beforeEach(() => bench.reset());
afterEach(() => bench.clear());

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new StoppingError()), { once: true }));

describe('stopping', () => {
  it('finishes what is in hand, and gives the rest back at once for others', async () => {
    await bench.addConsumer();
    await bench.publish(0, 15);
    const { open, opened } = bench.door();
    const first: number[] = [];
    const stopped = bench.work({
      work: async ({ message }) => {
        await opened;
        first.push(message.json<number>());
      },
    });
    await stopped.holds(15);
    stopped.stop();
    const others: Delivery[] = [];
    bench.work({ work: async (delivery) => void others.push(delivery) });
    await waitFor('the other to do the rest, before ack_wait', SOON_MS, () => others.length === 14);
    expect(first).toEqual([]);
    open();
    await stopped.ended;
    expect(first).toEqual([0]);
    await bench.acknowledged(15);
    expect(others).toHaveLength(14);
  });

  it('leaves nothing behind for ack_wait when it stops in the middle of a stream of messages', async () => {
    const ackWaitMs = 120_000;
    await bench.addConsumer(ackWaitMs);
    const first: number[] = [];
    const stopped = bench.work({
      ...{ ackWaitMs, batch: 100 },
      work: async ({ message }) => void first.push(message.json<number>()),
    });
    const publishing = bench.publish(0, 4_000);
    await waitFor('some to be done', SOON_MS, () => first.length > 300);
    stopped.stop();
    await stopped.ended;
    await publishing;
    const others: number[] = [];
    bench.work({ ackWaitMs, work: async ({ message }) => void others.push(message.json<number>()), batch: 100 });
    await bench.acknowledged(4_000, 2 * SOON_MS);
    expect([...first, ...others].sort((a, b) => a - b)).toEqual(Array.from({ length: 4_000 }, (_, n) => n));
  });

  it('gives back work that is abandoned', async () => {
    await bench.addConsumer();
    await bench.publish(0, 1);
    const stopped = bench.work({ work: (_, abandoning) => untilAborted(abandoning) });
    await stopped.holds(1);
    stopped.stop();
    await waitFor('its requests to end', SOON_MS, async () => (await bench.consumerInfo()).num_waiting === 0);
    stopped.abandon();
    await stopped.ended;
    const others: number[] = [];
    bench.work({ work: async ({ deliveries }) => void others.push(deliveries) });
    await waitFor('the other, before ack_wait', SOON_MS, () => others.length === 1);
    expect(others).toEqual([2]);
  });

  it('ends at once while it waits for its consumer', async () => {
    const { stop, ended, lines } = bench.work({ work: async () => {} });
    await waitFor('the wait', SOON_MS, () => lines.some(({ msg }) => msg === 'waiting for the consumer to be created'));
    stop();
    await expect(ended).rejects.toBeInstanceOf(StoppingError);
  });

  it('ends on a fatal error with its hands full, after the other work, and gives the rest back', async () => {
    await bench.addConsumer();
    await bench.publish(0, 100);
    const { open, opened } = bench.door();
    const full = bench.door();
    const finished: number[] = [];
    const failed = bench.work({
      concurrency: 2,
      work: async ({ message }) => {
        if (message.json() === 1) {
          await full.opened;
          throw new FatalError('out of order');
        }
        await opened;
        finished.push(message.json<number>());
      },
    });
    // Two batches, all that it asks for: what is on its way to one that ends would come again only after ack_wait.
    await failed.holds(20);
    full.open();
    const others: number[] = [];
    const other = bench.work({ work: async ({ message }) => void others.push(message.json<number>()) });
    await waitFor('the other to do nearly all', SOON_MS, () => others.length >= 98);
    expect(finished).toEqual([]);
    open();
    await expect(failed.ended).rejects.toThrow('out of order');
    await bench.acknowledged(100);
    expect(finished).toEqual([0]);
    expect(others).toHaveLength(99);
    other.stop();
    await other.ended;
  });
});

describe('absences', () => {
  it('waits for a consumer that is yet to be created', async () => {
    const handled: number[] = [];
    const { lines } = bench.work({ work: async ({ message }) => void handled.push(message.json<number>()) });
    await waitFor('the wait', SOON_MS, () => lines.some(({ msg }) => msg === 'waiting for the consumer to be created'));
    await bench.addConsumer();
    await bench.publish(0, 1);
    await waitFor('the delivery', SOON_MS, () => handled.length === 1);
  });

  it('goes on when its consumer is deleted and created again', async () => {
    await bench.addConsumer();
    const handled: number[] = [];
    const { lines } = bench.work({ work: async ({ message }) => void handled.push(message.json<number>()) });
    await bench.publish(0, 1);
    await waitFor('the first delivery', SOON_MS, () => handled.length === 1);
    await bench.manager.consumers.delete('T', 'worker');
    await waitFor('a word on it', SOON_MS, () =>
      lines.some(({ msg }) => msg === 'the consumer does not deliver, asking again'),
    );
    await bench.manager.streams.purge('T');
    await bench.addConsumer();
    await bench.publish(1, 1);
    await waitFor('the second delivery', SOON_MS, () => handled.includes(1));
  });

  it('loses nothing when the server that leads the consumer is killed under load', async () => {
    const ackWaitMs = 5_000;
    await bench.addConsumer(ackWaitMs);
    const handled = new Set<number>();
    const work = async ({ message }: Delivery): Promise<void> => void handled.add(message.json<number>());
    bench.work({ work, batch: 50, ackWaitMs, concurrency: 4 });
    bench.work({ work, batch: 50, ackWaitMs, concurrency: 4 });
    const publishing = bench.publish(0, 3_000);
    await waitFor('some to be done', SOON_MS, () => handled.size > 100);
    const name = await waitFor('a leader', SOON_MS, async () => (await bench.consumerInfo()).cluster?.leader);
    const leader = Number(name.split('-')[1]);
    const server = bench.cluster.cluster.servers[leader];
    server?.kill('SIGKILL');
    await server?.exited;
    await publishing;
    await bench.cluster.cluster.restart(leader);
    await bench.acknowledged(3_000, 60_000);
    expect(handled.size).toBe(3_000);
    expect(await bench.deadLetters()).toBe(0);
  });
});
