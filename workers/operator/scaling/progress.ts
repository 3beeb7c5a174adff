// What happened between two readings of a consumer: how much was acknowledged, how much arrived.
import { type KnownReading, lagOf } from './reading.ts';

/** Readings further apart are not compared: nobody knows how many replicas were at work in between. */
export const MAX_GAP_MS = 5_000;

/** What happened between two readings. */
export interface Progress {
  readonly acknowledged: number;
  readonly arrived: number;
}

/**
 * Compares two readings. JetStream counts deliveries, not acknowledgements: `delivered - ackPending` overstates by each
 * redelivery, and the floor stands still behind one message in retry. So the first is reduced by the messages in redelivery,
 * and the floor's advance is what it is at least: a consumer that only gets the same messages back again has acknowledged 0.
 * The stream sequences would not do: they jump over what the consumer filters out.
 * @returns undefined when the two have nothing to do with each other: another consumer of that name, or too long ago
 */
export function progressBetween(before: KnownReading, after: KnownReading): Progress | undefined {
  const elapsedMs = after.atMs - before.atMs;
  if (elapsedMs <= 0 || elapsedMs > MAX_GAP_MS || isRecreated(before, after)) return undefined;
  const settled = after.delivered - after.ackPending - (before.delivered - before.ackPending);
  const floor = Math.min(after.ackFloor - before.ackFloor, settled);
  const acknowledged = Math.max(0, floor, settled - Math.max(before.redelivered, after.redelivered));
  return { acknowledged, arrived: Math.max(0, lagOf(after) - lagOf(before) + acknowledged) };
}

const isRecreated = (before: KnownReading, after: KnownReading): boolean =>
  after.createdAtMs !== before.createdAtMs || after.delivered < before.delivered || after.ackFloor < before.ackFloor;
