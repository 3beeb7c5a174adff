// What the monitor asks the consumers' leaders, again and again.
import { type ConsumerInfo, ErrorCode, type JetStreamManager, NatsError } from 'nats';
import { reasonOf } from '../runtime/errors.ts';
import type { ConsumerReading } from './consumer-rows.ts';
import type { LagReadings } from './lag-readings.ts';
import type { WatchedConsumer } from './options.ts';

/** Reads consumers, each answered by its own leader; one that can't be read says why. */
export function readConsumers(
  manager: JetStreamManager,
  lags: LagReadings,
  consumers: readonly WatchedConsumer[],
): Promise<ConsumerReading[]> {
  return Promise.all(
    consumers.map(async ({ stream, consumer }): Promise<ConsumerReading> => {
      try {
        const info = await manager.consumers.info(stream, consumer);
        // Its counts are known although its age may not be.
        const lagSeconds = await lags.read(stream, consumer, info).catch(() => null);
        return { stream, consumer, ...counters(info), lagSeconds };
      } catch (error) {
        return { stream, consumer, unknown: explain(error) };
      }
    }),
  );
}

const counters = (info: ConsumerInfo) => ({
  pending: info.num_pending,
  ackPending: info.num_ack_pending,
  redelivered: info.num_redelivered,
  delivered: info.delivered.consumer_seq,
  ackFloor: info.ack_floor.consumer_seq,
});

/** Why something could not be read, for people: the client library has only codes for what happens most. */
export function explain(error: unknown): string {
  const code = error instanceof NatsError ? error.code : undefined;
  if (code === ErrorCode.Timeout) return 'no answer in time: it has no leader, or the cluster is away';
  if (code === ErrorCode.NoResponders) return 'nobody answers: JetStream is not ready';
  return reasonOf(error);
}
