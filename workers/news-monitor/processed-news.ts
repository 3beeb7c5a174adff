// NEWS.processed as it is delivered: onto the board, then acknowledged.
import { consumerOpts, type JetStreamSubscription, type JsMsg, type NatsConnection } from 'nats';
import type { Registry } from 'prom-client';
import { PROCESSED_NEWS, type ProcessedNews } from '../contract/messages.ts';
import { METRICS } from '../contract/metrics.ts';
import { WORK_DELIVERIES } from '../contract/roles.ts';
import { deliverSubject, HEADER, NEWS_PROCESSED, PROCESSED_STREAM } from '../contract/subjects.ts';
import { publishDeadLetter } from '../runtime/dead-letter.ts';
import { DEATH_CAUSES, type DeathCause, FatalError, PoisonError, reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { readMessage } from '../runtime/message.ts';
import { counter, durations } from '../runtime/metrics.ts';
import { jetStream } from '../runtime/nats.ts';
import { persist } from '../runtime/retry.ts';
import type { Board } from './board.ts';
import { RecentSet } from './recent-set.ts';

/** What following the news needs. */
export interface ProcessedNewsOptions {
  readonly connection: NatsConnection;
  /** The push consumer, which is also the name of its deliver group. */
  readonly consumer: string;
  readonly board: Board;
  readonly log: Logger;
  readonly registry: Registry;
  readonly signal: AbortSignal;
}

/** News remembered, so that one that is delivered again is not shown again. */
const REMEMBERED = 10_000;

/**
 * Follows the news until the signal aborts, and ends with those that have arrived by then.
 * @throws {FatalError} when the subscription ends unasked
 */
export async function followProcessedNews(options: ProcessedNewsOptions): Promise<void> {
  const { board, log, registry, signal } = options;
  const processed = counter(registry, METRICS.processed);
  const failures = counter(registry, METRICS.failures);
  const deadLetters = counter(registry, METRICS.deadLetters);
  const place = { stream: PROCESSED_STREAM, consumer: options.consumer };
  // Prometheus sees no increase in a series that begins with 1.
  for (const kind of ['retry', 'poison']) failures.inc({ ...place, kind }, 0);
  for (const cause of DEATH_CAUSES) deadLetters.inc({ ...place, cause }, 0);
  const latency = durations(registry, METRICS.latency);
  const seen = new RecentSet(REMEMBERED);
  const subscription = await subscribe(options);
  const stop = (): void => {
    subscription.drain().catch((error) => log.warn({ reason: reasonOf(error) }, 'could not end the subscription'));
  };
  signal.addEventListener('abort', stop, { once: true });
  for await (const message of subscription) {
    const delivered = `${message.seq} ${message.info.timestampNanos}`;
    try {
      if (!seen.has(delivered)) {
        if (message.info.deliveryCount > WORK_DELIVERIES) {
          throw new PoisonError(`delivered ${message.info.deliveryCount} times and never acknowledged`, {
            death: 'exhausted',
          });
        }
        const item = readMessage<ProcessedNews>(PROCESSED_NEWS, message);
        const at = new Date(message.info.timestampNanos / 1e6);
        const latencyMs = sinceReceived(message, at);
        board.recordNews(item, at, latencyMs);
        processed.inc({ source: item.source });
        if (latencyMs !== null) latency.observe(latencyMs / 1_000);
        seen.add(delivered);
      }
      message.ack();
    } catch (error) {
      const death = await setAside(options, message, error);
      failures.inc({ ...place, kind: death ? 'poison' : 'retry' });
      if (death) deadLetters.inc({ ...place, cause: death });
    }
  }
  if (!signal.aborted)
    throw new FatalError(`${deliverSubject(options.consumer)} delivers no more: the subscription ended`);
}

/** Binds to the consumer, waiting for it to be created. */
function subscribe({ connection, consumer, log, signal }: ProcessedNewsOptions): Promise<JetStreamSubscription> {
  const binding = consumerOpts()
    .bind(PROCESSED_STREAM, consumer)
    .queue(consumer)
    .deliverTo(deliverSubject(consumer))
    .manualAck();
  return persist(() => jetStream(connection).subscribe(NEWS_PROCESSED, binding), {
    signal,
    maxDelayMs: 2_000,
    onFailure: (error) => log.warn({ consumer, reason: reasonOf(error) }, 'waiting for the consumer to be created'),
  });
}

/** Both times are the stream's own, in whole milliseconds, so no clock but its leaders' matters. */
function sinceReceived(message: JsMsg, at: Date): number | null {
  const received = Date.parse(message.headers?.get(HEADER.received) ?? '');
  return Number.isNaN(received) ? null : Math.max(0, at.getTime() - received);
}

/** Has it delivered again, or moves it to the DLQ and returns the cause. */
async function setAside(
  { connection, log, signal }: ProcessedNewsOptions,
  message: JsMsg,
  error: unknown,
): Promise<DeathCause | undefined> {
  const isPoison = error instanceof PoisonError;
  if (!isPoison && message.info.deliveryCount < WORK_DELIVERIES) {
    message.nak(1_000);
    return undefined;
  }
  await publishDeadLetter(jetStream(connection), message, reasonOf(error), { log, signal });
  message.term();
  return isPoison ? error.death : 'exhausted';
}
