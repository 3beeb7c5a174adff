// Readings of consumers as rows of the page, with what changed between them as rates.
import { clip } from './clip.ts';
import { type AckCounters, AckRate } from './rate.ts';
import type { ConsumerRow, Unknown } from './snapshot.ts';

/** One consumer's counters as read from the server, or why they could not be read. */
export type ConsumerReading = { readonly stream: string; readonly consumer: string } & (
  | (AckCounters & { readonly lagSeconds: number | null })
  | Unknown
);

export const isUnknown = (value: object): value is Unknown => 'unknown' in value;

/** Remembers the counters of every consumer; those of one that is gone, or could not be read, are forgotten. */
export class ConsumerRows {
  readonly #rates = new Map<string, AckRate>();

  /** Makes rows of the latest readings, in the order given. */
  update(readings: readonly ConsumerReading[], at: Date): ConsumerRow[] {
    const seen = new Set<string>();
    const rows = readings.map((reading) => {
      const key = `${reading.stream} ${reading.consumer}`;
      seen.add(key);
      return this.#row(key, reading, at);
    });
    for (const key of this.#rates.keys()) if (!seen.has(key)) this.#rates.delete(key);
    return rows;
  }

  #row(key: string, reading: ConsumerReading, at: Date): ConsumerRow {
    const { stream, consumer } = reading;
    if (isUnknown(reading)) {
      this.#rates.delete(key);
      return { stream, consumer, unknown: clip(reading.unknown, 200) };
    }
    const rate = this.#rates.get(key) ?? new AckRate();
    this.#rates.set(key, rate);
    rate.record(at.getTime(), reading);
    const { pending, ackPending, redelivered, lagSeconds } = reading;
    return {
      stream,
      consumer,
      pending,
      ackPending,
      redelivered,
      lag: pending + ackPending,
      perSecond: rate.perSecond(),
      arrivingPerSecond: rate.arrivingPerSecond(),
      lagSeconds,
    };
  }
}
