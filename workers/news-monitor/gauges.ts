// The monitor's readings as metrics; what could not be read has no value rather than a false one.
import type { Registry } from 'prom-client';
import type { FeedState } from '../contract/feed-state.ts';
import { METRICS } from '../contract/metrics.ts';
import { gauge } from '../runtime/metrics.ts';
import type { ConsumerReading } from './consumer-rows.ts';
import type { ConsumersEvent, SourceRow, Unknown } from './snapshot.ts';

/** Dead letters by where they came from. */
export interface DeadLetterCount {
  readonly stream: string;
  readonly consumer: string;
  readonly messages: number;
}

/** Sets gauges from readings. */
export class Gauges {
  readonly #unknown;
  readonly #lag;
  readonly #replicas;
  readonly #feedSuccess;
  readonly #feedFailures;
  readonly #dlqMessages;
  readonly #feeds;
  /** Consumers that are watched, whether they could be read or not. */
  #consumers: readonly Pick<ConsumerReading, 'stream' | 'consumer'>[] = [];

  constructor(registry: Registry) {
    this.#unknown = gauge(registry, METRICS.consumerUnknown);
    this.#dlqMessages = gauge(registry, METRICS.dlqMessages);
    this.#lag = gauge(registry, METRICS.consumerLag);
    this.#replicas = gauge(registry, METRICS.replicas);
    this.#feedSuccess = gauge(registry, METRICS.feedSuccess);
    this.#feedFailures = gauge(registry, METRICS.feedFailures);
    this.#feeds = gauge(registry, METRICS.feeds);
  }

  setConsumers(readings: readonly ConsumerReading[]): void {
    this.#lag.reset();
    this.#consumers = readings;
    for (const reading of readings) {
      const labels = { stream: reading.stream, consumer: reading.consumer };
      this.#unknown.set(labels, 'unknown' in reading ? 1 : 0);
      if (!('unknown' in reading) && reading.lagSeconds !== null) this.#lag.set(labels, reading.lagSeconds);
    }
  }

  setReplicas(replicas: ConsumersEvent['replicas']): void {
    this.#replicas.reset();
    for (const [identity, connections] of Object.entries(replicas)) {
      if (typeof connections === 'number') this.#replicas.set({ identity }, connections);
    }
  }

  /** A feed that was never read has no time of success. */
  setFeedStates(states: readonly FeedState[]): void {
    this.#feedSuccess.reset();
    this.#feedFailures.reset();
    for (const { source, feed, failures, lastSuccessAt } of states) {
      this.#feedFailures.set({ source, feed }, failures);
      const successMs = Date.parse(lastSuccessAt ?? '');
      if (!Number.isNaN(successMs)) this.#feedSuccess.set({ source, feed }, successMs / 1_000);
    }
  }

  /** Of a consumer without any there are 0, which is known as well. */
  setDeadLetters(counts: readonly DeadLetterCount[] | Unknown): void {
    this.#dlqMessages.reset();
    if ('unknown' in counts) return;
    for (const { stream, consumer } of this.#consumers) this.#dlqMessages.set({ stream, consumer }, 0);
    for (const { stream, consumer, messages } of counts) this.#dlqMessages.set({ stream, consumer }, messages);
  }

  setFeeds(sources: readonly SourceRow[]): void {
    this.#feeds.reset();
    for (const { source, active, failing, gone } of sources) {
      for (const [status, count] of Object.entries({ active, failing, gone }))
        this.#feeds.set({ source, status }, count);
    }
  }
}
