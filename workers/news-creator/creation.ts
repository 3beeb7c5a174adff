// Turns a batch of NEWS.received into stored documents and NEWS.processed, acknowledging only what is durable.
import { MongoError, MongoInvalidArgumentError } from 'mongodb';
import type { Counter, Registry } from 'prom-client';
import { NEWS_ITEM, type NewsItem, PROCESSED_NEWS } from '../contract/messages.ts';
import { METRICS } from '../contract/metrics.ts';
import { HEADER, NEWS_PROCESSED } from '../contract/subjects.ts';
import type { Delivery } from '../runtime/delivery.ts';
import { PoisonError, reasonOf } from '../runtime/errors.ts';
import type { Intake } from '../runtime/intake.ts';
import type { Logger } from '../runtime/log.ts';
import { readMessage } from '../runtime/message.ts';
import { counter } from '../runtime/metrics.ts';
import type { Publisher } from '../runtime/publisher.ts';
import { persist } from '../runtime/retry.ts';
import type { Arrival, NewsStore, Stored } from './news-store.ts';

/** What creation works with. */
export interface CreationTools {
  readonly store: NewsStore;
  readonly publisher: Publisher;
  readonly intake: Pick<Intake, 'fail'>;
  readonly log: Logger;
  readonly registry: Registry;
  /** Aborts when work in hand is to be given up. */
  readonly signal: AbortSignal;
}

interface Received extends Arrival {
  readonly delivery: Delivery;
}

/** Stores batches and publishes what is new. */
export class Creation {
  readonly #tools: CreationTools;
  readonly #stored: Counter<'outcome'>;

  constructor(tools: CreationTools) {
    this.#tools = tools;
    this.#stored = counter(tools.registry, METRICS.stored);
  }

  /** Works off a batch; each delivery is settled on its own, so that one bad item costs no other. */
  async process(deliveries: readonly Delivery[]): Promise<void> {
    const received = await this.#read(deliveries);
    if (received.length === 0) return;
    const results = await this.#storeAll(received);
    await Promise.all(
      received.map(({ delivery, item }, index) => this.#finish(delivery, item, results[index] as Stored)),
    );
  }

  async #read(deliveries: readonly Delivery[]): Promise<Received[]> {
    const received: Received[] = [];
    for (const delivery of deliveries) {
      try {
        const item = readMessage<NewsItem>(NEWS_ITEM, delivery.message);
        const origin = { sequence: delivery.sequence, timeNanos: delivery.message.info.timestampNanos };
        received.push({ delivery, item, origin });
      } catch (error) {
        await this.#tools.intake.fail(delivery, error);
      }
    }
    return received;
  }

  /** Keeps at it while the database is away; the messages are kept alive meanwhile. */
  #storeAll(received: readonly Received[]): Promise<Stored[]> {
    const { store, log, signal } = this.#tools;
    const redelivered = received.some(({ delivery }) => delivery.deliveries > 1);
    return persist((attempt) => store.add(received, redelivered || attempt > 0), {
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

  async #finish(delivery: Delivery, item: NewsItem, result: Stored): Promise<void> {
    const { publisher, intake, signal } = this.#tools;
    try {
      if (typeof result === 'object') throw new PoisonError(`the database refuses it: ${result.refused}`);
      this.#stored.inc({ outcome: result });
      if (result === 'created') {
        const publication = {
          subject: NEWS_PROCESSED,
          type: PROCESSED_NEWS,
          body: item,
          messageId: `processed:${item.id}`,
          headers: receivedAt(delivery),
        };
        await publisher.publish(publication, signal);
      }
      delivery.done();
    } catch (error) {
      await intake.fail(delivery, error);
    }
  }
}

const receivedAt = ({ message }: Delivery): Record<string, string> => ({
  [HEADER.received]: new Date(message.info.timestampNanos / 1e6).toISOString(),
});
