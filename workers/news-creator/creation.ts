// Turns a batch of NEWS.received into stored documents and NEWS.processed, acknowledging only what is durable.
import { MongoError, MongoInvalidArgumentError } from 'mongodb';
import type { Counter, Histogram, Registry } from 'prom-client';
import { NEWS_ITEM, type NewsItem, PROCESSED_NEWS } from '../contract/messages.ts';
import { METRICS } from '../contract/metrics.ts';
import { HEADER, NEWS_PROCESSED, NEWS_STREAM } from '../contract/subjects.ts';
import type { Delivery } from '../runtime/delivery.ts';
import { FatalError, PoisonError, reasonOf } from '../runtime/errors.ts';
import type { Intake } from '../runtime/intake.ts';
import type { Logger } from '../runtime/log.ts';
import { readMessage } from '../runtime/message.ts';
import { beginWork, tracePublish } from '../runtime/message-spans.ts';
import { counter, durations } from '../runtime/metrics.ts';
import type { Publisher } from '../runtime/publisher.ts';
import { persist } from '../runtime/retry.ts';
import type { Span, Spans } from '../runtime/spans.ts';
import { newTrace, type Trace, traceHeaders, traceOf } from '../runtime/trace.ts';
import { originOfReplay } from './news-document.ts';
import type { Arrival, NewsStore, Stored } from './news-store.ts';

/** What creation works with. */
export interface CreationTools {
  readonly store: NewsStore;
  readonly publisher: Publisher;
  readonly intake: Pick<Intake, 'fail'>;
  readonly log: Logger;
  readonly registry: Registry;
  /** @default nobody collects traces */
  readonly spans?: Spans | undefined;
  /** Says why this process and the database no longer accept each other's certificates. @default never */
  readonly certificateFailure?: () => Error | undefined;
  /** Aborts when work in hand is to be given up. */
  readonly signal: AbortSignal;
}

interface Received extends Arrival {
  readonly delivery: Delivery;
  /** Whether it was put back from the DLQ. */
  readonly replayed: boolean;
  readonly trace: Trace;
  /** Undefined where nobody collects traces. */
  readonly span: Span | undefined;
}

/** Most traces that a line of the log names. */
const TRACES_SAID = 10;

/** Stores batches and publishes what is new. */
export class Creation {
  readonly #tools: CreationTools;
  readonly #stored: Counter<'outcome'>;
  readonly #latency: Histogram;

  constructor(tools: CreationTools) {
    this.#tools = tools;
    this.#stored = counter(tools.registry, METRICS.stored);
    this.#latency = durations(tools.registry, METRICS.storeLatency);
  }

  /** Works off a batch; each delivery is settled on its own, so that one bad item costs no other. */
  async process(deliveries: readonly Delivery[]): Promise<void> {
    const received = await this.#read(deliveries);
    if (received.length === 0) return;
    const results = await this.#write(received);
    this.#say(received, results);
    await Promise.all(received.map((one, index) => this.#finish(one, results[index] as Stored)));
  }

  /** A line a batch, with the traces of what is new; of batches that bring nothing new there may be any number. */
  #say(received: readonly Received[], results: readonly Stored[]): void {
    const isCreated = (_: Received, index: number): boolean => results[index] === 'created';
    const traces = new Set(received.filter(isCreated).map(({ trace }) => trace.traceId));
    const created = results.filter((result) => result === 'created').length;
    const known = results.filter((result) => result === 'known').length;
    const sequence = received[0]?.delivery.sequence;
    const line = { stream: NEWS_STREAM, sequence, messages: received.length, created, known };
    const level = created > 0 ? 'info' : 'debug';
    this.#tools.log[level]({ ...line, traces: traces.size, traceIds: [...traces].slice(0, TRACES_SAID) }, 'stored');
  }

  async #read(deliveries: readonly Delivery[]): Promise<Received[]> {
    const received: Received[] = [];
    const { spans } = this.#tools;
    for (const delivery of deliveries) {
      const span = spans && beginWork(spans, delivery.message);
      try {
        const item = readMessage<NewsItem>(NEWS_ITEM, delivery.message);
        const replayOf = originOfReplay(delivery.message.headers?.get(HEADER.replayOf));
        const origin = replayOf ?? { sequence: delivery.sequence, timeNanos: delivery.message.info.timestampNanos };
        received.push({
          delivery,
          item,
          origin,
          replayed: replayOf !== undefined,
          trace: span?.step ?? traceOf(delivery.message) ?? newTrace(),
          span,
        });
      } catch (error) {
        span?.fail(error);
        span?.end();
        await this.#tools.intake.fail(delivery, error);
      }
    }
    return received;
  }

  /** Writes a batch. It serves many traces and belongs to none: it has one of its own, and the others link to it. */
  async #write(received: readonly Received[]): Promise<Stored[]> {
    const { spans } = this.#tools;
    if (!spans) return this.#storeAll(received);
    const write = beginWrite(spans, received.length);
    for (const { span } of received) span?.link(write.step);
    try {
      return await this.#storeAll(received);
    } catch (error) {
      write.fail(error);
      for (const { span } of received) {
        span?.fail(error);
        span?.end();
      }
      throw error;
    } finally {
      write.end();
    }
  }

  /**
   * Keeps at it while the database is away; the messages are kept alive meanwhile.
   * @throws {FatalError} when certificates are the reason: the driver reads their files once
   */
  #storeAll(received: readonly Received[]): Promise<Stored[]> {
    const { log, signal } = this.#tools;
    // What was put back from the DLQ may have been written, and not published, by the message that it was.
    const redelivered = received.some(({ delivery, replayed }) => replayed || delivery.deliveries > 1);
    return persist((attempt) => this.#add(received, redelivered || attempt > 0), {
      signal,
      // What is not the database's is a fault of ours: better a dead letter than a loop without end.
      retryable: (error) => error instanceof MongoError && !(error instanceof MongoInvalidArgumentError),
      onFailure: (error, attempts) =>
        log.warn(
          { attempts, messages: received.length, reason: reasonOf(error) },
          'the database did not confirm, writing again',
        ),
    });
  }

  async #add(arrivals: readonly Arrival[], repeated: boolean): Promise<Stored[]> {
    const { store, certificateFailure } = this.#tools;
    try {
      return await store.add(arrivals, repeated);
    } catch (error) {
      const cause = certificateFailure?.();
      if (!cause) throw error;
      throw new FatalError(
        'the certificate of the database does not fit the files as they were at the start, another start reads them again',
        { cause },
      );
    }
  }

  async #finish({ delivery, item, trace, span }: Received, result: Stored): Promise<void> {
    const { publisher, intake, spans, signal } = this.#tools;
    try {
      if (typeof result === 'object')
        throw new PoisonError(`the database refuses it: ${result.refused}`, { death: 'refused' });
      this.#stored.inc({ outcome: result });
      span?.set({ 'newsjet.outcome': result });
      if (result === 'created') {
        this.#observeLatency(delivery);
        const publication = {
          subject: NEWS_PROCESSED,
          type: PROCESSED_NEWS,
          body: item,
          messageId: `processed:${item.id}`,
          headers: { ...receivedAt(delivery), ...traceHeaders(trace) },
        };
        await tracePublish(spans, publisher, publication, trace, signal);
      }
      delivery.done();
    } catch (error) {
      span?.fail(error);
      await intake.fail(delivery, error);
    } finally {
      span?.end();
    }
  }

  /** Clocks of two machines differ: what seems to have been stored before it was fetched took no time. */
  #observeLatency({ message }: Delivery): void {
    const fetchedMs = Date.parse(message.headers?.get(HEADER.fetched) ?? '');
    if (!Number.isNaN(fetchedMs)) this.#latency.observe(Math.max(0, Date.now() - fetchedMs) / 1_000);
  }
}

const beginWrite = (spans: Spans, size: number): Span =>
  spans.begin({
    name: 'bulkWrite news',
    kind: 'client',
    attributes: {
      'db.system.name': 'mongodb',
      'db.collection.name': 'news',
      'db.operation.name': 'bulkWrite',
      'db.operation.batch.size': size,
    },
  });

const receivedAt = ({ message }: Delivery): Record<string, string> => ({
  [HEADER.received]: new Date(message.info.timestampNanos / 1e6).toISOString(),
});
