// How many replicas the lag asks for, before bounds, windows and policies.

import { HELD_BATCHES } from '../../contract/worker-scaler.ts';
import { lastingArrivals } from './flow.ts';
import type { Measurement } from './measurement.ts';
import { type KnownReading, lagOf } from './reading.ts';
import type { ResolvedSpec } from './spec.ts';

/** What a demand is computed from; for messages and status. */
export interface Figures {
  readonly lag: number;
  /** Lasting arrivals per second. */
  readonly arrivals: number;
  /** Acknowledgements per second of one replica; undefined until measured. */
  readonly speed: number | undefined;
}

/** Replicas as a fraction: what the work takes now, and what it takes to finish the drain under way as it began. */
export interface Demand {
  readonly now: number;
  /** At least `now`; what scaling down must leave. */
  readonly toFinish: number;
}

/** Rounding errors are no reason for a replica. */
const EPSILON = 1e-9;

/**
 * Computes the demand. To work off the lag in time takes `lag / seconds / speed` replicas, and to keep up with what arrives
 * meanwhile `arrivals / speed`: without the second an empty queue would always ask for the minimum, and constant load would
 * scale up and down for ever. As the lag shrinks its share shrinks with it, and the end of the drain would never come, so that
 * scaling down goes by the highest lag since nothing was pending.
 */
export function demandOf(spec: ResolvedSpec, { lag, arrivals, speed }: Figures, peakLag: number): Demand {
  const { goal, batch } = spec;
  if (goal.kind === 'lag') {
    const now = Math.max(lag / goal.perReplica, speed === undefined ? 0 : arrivals / speed);
    return { now, toFinish: now };
  }
  if (speed === undefined) return { now: lag / (HELD_BATCHES * batch), toFinish: peakLag / (HELD_BATCHES * batch) };
  const replicas = (messages: number): number => (arrivals + messages / goal.seconds) / speed;
  return { now: replicas(lag), toFinish: replicas(peakLag) };
}

/** The figures of a reading; the speed is that of `measurement.rate`. */
export const figuresOf = (reading: KnownReading, { flow }: Measurement, speed: number | undefined): Figures => ({
  lag: lagOf(reading),
  arrivals: lastingArrivals(flow),
  speed,
});

/**
 * Rounds a demand to replicas. Within the tolerance nothing changes; and nothing is scaled down to where the tolerance would
 * be used up from the start, which the next reading might undo.
 */
export function replicasFor(demand: Demand, current: number, spec: ResolvedSpec): number {
  if (demand.now > current * (1 + spec.scaleUp.tolerance) + EPSILON) return roundUp(demand.now);
  return Math.min(current, roundUp(demand.toFinish / (1 - spec.scaleDown.tolerance)));
}

const roundUp = (replicas: number): number => Math.ceil(replicas - EPSILON);
