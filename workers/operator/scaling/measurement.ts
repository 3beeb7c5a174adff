// Everything that the readings of a consumer tell together: speed of a replica, arrivals, the drain under way, standstill.
import { countFlow, type Flow } from './flow.ts';
import { History } from './history.ts';
import { progressBetween } from './progress.ts';
import { measureRate, NO_RATE, type Rate, STANDSTILL_MS } from './rate.ts';
import { type KnownReading, lagOf } from './reading.ts';

/** What was measured so far. */
export interface Measurement {
  readonly last: KnownReading | undefined;
  readonly rate: Rate;
  readonly flow: Flow;
  /** The highest lag since there last was nothing pending. */
  readonly peakLag: number;
  /** When something was last acknowledged, or nothing was pending. */
  readonly progressAtMs: number;
  /** Whether anything arrived or was acknowledged between the last two readings. */
  readonly moved: boolean;
}

export const NO_MEASUREMENT: Measurement = {
  last: undefined,
  rate: NO_RATE,
  flow: new History(),
  peakLag: 0,
  progressAtMs: 0,
  moved: false,
};

/** Takes in a reading, with the replicas that are ready now; one that was taken in already changes nothing. */
export function measure(before: Measurement, reading: KnownReading, ready: number): Measurement {
  const { last } = before;
  if (last?.atMs === reading.atMs) return before;
  const { atMs, pending } = reading;
  const progress = last && progressBetween(last, reading);
  const lag = lagOf(reading);
  return {
    last: reading,
    rate: measureRate(before.rate, reading, ready, progress),
    flow: countFlow(before.flow, reading, ready, progress),
    peakLag: progress && pending > 0 ? Math.max(before.peakLag, lag) : lag,
    progressAtMs: !progress || progress.acknowledged > 0 || pending === 0 ? atMs : before.progressAtMs,
    moved: progress !== undefined && progress.acknowledged + progress.arrived > 0,
  };
}

/**
 * How long messages have been waiting while none was acknowledged; undefined while that is no reason to worry. A message that is
 * in hand for long, or comes back for another try, does not stand in the way of others.
 */
export function standstillMs({ last, progressAtMs }: Measurement): number | undefined {
  const elapsedMs = last ? last.atMs - progressAtMs : 0;
  return elapsedMs >= STANDSTILL_MS ? elapsedMs : undefined;
}
