// The monitor's readings as metrics; what could not be read has no value rather than a false one.
import type { Registry } from 'prom-client';
import { METRICS } from '../contract/metrics.ts';
import { gauge } from '../runtime/metrics.ts';
import type { ConsumerReading } from './board.ts';
import type { SourceRow, Unknown } from './snapshot.ts';

/** Dead letters by where they came from. */
export interface DeadLetterCount {
  readonly stream: string;
  readonly consumer: string;
  readonly messages: number;
}

/** Sets gauges from readings. */
export class Gauges {
  readonly #unknown;
  readonly #dlqMessages;
  readonly #feeds;

  constructor(registry: Registry) {
    this.#unknown = gauge(registry, METRICS.consumerUnknown);
    this.#dlqMessages = gauge(registry, METRICS.dlqMessages);
    this.#feeds = gauge(registry, METRICS.feeds);
  }

  setConsumers(readings: readonly ConsumerReading[]): void {
    for (const reading of readings) {
      const labels = { stream: reading.stream, consumer: reading.consumer };
      this.#unknown.set(labels, 'unknown' in reading ? 1 : 0);
    }
  }

  setDeadLetters(counts: readonly DeadLetterCount[] | Unknown): void {
    this.#dlqMessages.reset();
    if ('unknown' in counts) return;
    for (const { stream, consumer, messages } of counts) this.#dlqMessages.set({ stream, consumer }, messages);
  }

  setFeeds(sources: readonly SourceRow[]): void {
    for (const { source, active, failing, gone } of sources) {
      for (const [status, count] of Object.entries({ active, failing, gone }))
        this.#feeds.set({ source, status }, count);
    }
  }
}
