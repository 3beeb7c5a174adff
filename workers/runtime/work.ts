// Works off an intake, message by message or in batches, until the process stops.
import type { Registry } from 'prom-client';
import { METRICS } from '../contract/metrics.ts';
import type { Delivery } from './delivery.ts';
import type { Intake } from './intake.ts';
import { durations, sizes } from './metrics.ts';

/** How an intake is worked off. */
export interface WorkOptions {
  readonly stream: string;
  readonly consumer: string;
  /** How many messages, or batches, are worked on at a time. */
  readonly concurrency: number;
  readonly registry: Registry;
}

/**
 * Calls `work` for each message; a message is acknowledged when `work` returns, and settled by what it threw otherwise.
 * Returns when the process is stopping and all work in hand has ended.
 * @throws {FatalError} what the work threw, once all other work in hand has ended
 */
export function eachMessage(
  intake: Intake,
  options: WorkOptions,
  work: (delivery: Delivery) => Promise<void>,
): Promise<void> {
  return eachBatch(intake, { ...options, batch: 1 }, async ([delivery]) => {
    await work(delivery as Delivery);
    (delivery as Delivery).done();
  });
}

/**
 * Calls `work` with as many messages as are there, at most `batch`. It settles each that it can speak for; what it leaves
 * unsettled when it throws is settled by what it threw.
 */
export async function eachBatch(
  intake: Intake,
  options: WorkOptions & { readonly batch: number },
  work: (deliveries: readonly Delivery[]) => Promise<void>,
): Promise<void> {
  const { stream, consumer, registry } = options;
  const duration = durations(registry, METRICS.work);
  const size = sizes(registry, METRICS.batch);
  const loop = async (): Promise<void> => {
    for (;;) {
      const deliveries = await intake.next(options.batch);
      if (deliveries.length === 0) return;
      const end = duration.startTimer({ stream, consumer });
      size.observe({ stream, consumer }, deliveries.length);
      try {
        await work(deliveries);
      } catch (error) {
        for (const delivery of deliveries) if (!delivery.settled) await intake.fail(delivery, error);
      } finally {
        end();
      }
    }
  };
  // Where one fails fatally the intake hands out no more, and the others finish what they have.
  const ends = await Promise.allSettled(Array.from({ length: options.concurrency }, loop));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
