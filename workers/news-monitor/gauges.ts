// The monitor's readings as metrics; what could not be read has no value rather than a false one.
import type { Registry } from 'prom-client';
import { METRICS } from '../contract/metrics.ts';
import { gauge } from '../runtime/metrics.ts';
import type { ConsumerReading } from './board.ts';
import type { SourceRow, Unknown } from './snapshot.ts';

/** Sets gauges from readings. */
export class Gauges {
  readonly #pending;
  readonly #ackPending;
  readonly #redelivered;
  readonly #unknown;
  readonly #deadLetters;
  readonly #feeds;

  constructor(registry: Registry) {
    this.#pending = gauge(registry, METRICS.consumerPending);
    this.#ackPending = gauge(registry, METRICS.consumerAckPending);
    this.#redelivered = gauge(registry, METRICS.consumerRedelivered);
    this.#unknown = gauge(registry, METRICS.consumerUnknown);
    this.#deadLetters = gauge(registry, METRICS.deadLetters);
    this.#feeds = gauge(registry, METRICS.feeds);
    // Without labels it would read 0 before anything was read.
    this.#deadLetters.remove();
  }

  setConsumers(readings: readonly ConsumerReading[]): void {
    for (const reading of readings) {
      const labels = { stream: reading.stream, consumer: reading.consumer };
      const known = !('unknown' in reading);
      this.#unknown.set(labels, known ? 0 : 1);
      if (known) {
        this.#pending.set(labels, reading.pending);
        this.#ackPending.set(labels, reading.ackPending);
        this.#redelivered.set(labels, reading.redelivered);
      } else {
        for (const metric of [this.#pending, this.#ackPending, this.#redelivered]) metric.remove(labels);
      }
    }
  }

  setDeadLetters(total: number | Unknown): void {
    if (typeof total === 'number') this.#deadLetters.set(total);
    else this.#deadLetters.remove();
  }

  setFeeds(sources: readonly SourceRow[]): void {
    for (const { source, active, failing, gone } of sources) {
      for (const [status, count] of Object.entries({ active, failing, gone }))
        this.#feeds.set({ source, status }, count);
    }
  }
}
