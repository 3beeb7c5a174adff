// What is known about a pull consumer at one moment. What could not be read is unknown, never 0.

/** The state of a consumer as its leader told it. Times are milliseconds since 1970. */
export interface KnownReading {
  readonly status: 'known';
  /** When the answer came. */
  readonly atMs: number;
  /** How long the answer took. */
  readonly tookMs: number;
  /** When the consumer was created: one made anew counts from 0 again. */
  readonly createdAtMs: number;
  /** Messages that have not been delivered to anybody. */
  readonly pending: number;
  /** Messages that were delivered and are not acknowledged: work in hand. */
  readonly ackPending: number;
  /** Messages of those in hand that were delivered more than once. */
  readonly redelivered: number;
  /** Deliveries so far; every redelivery counts. */
  readonly delivered: number;
  /** Sequence in the stream of the last message that was delivered; 0 before the first. */
  readonly deliveredSequence: number;
  /** Delivery up to which everything is acknowledged. */
  readonly ackFloor: number;
  /** Open requests for messages. */
  readonly waiting: number;
  /** Most messages that may be in hand together; undefined when there is no limit. */
  readonly maxAckPending: number | undefined;
}

/** Why a reading is unknown. `leaderless`: whoever answered does not lead the consumer, or leads it without a quorum. */
export type UnknownCause = 'failed' | 'missing' | 'paused' | 'late' | 'leaderless';

/** No state to go by, and why. */
export interface UnknownReading {
  readonly status: 'unknown';
  readonly atMs: number;
  readonly cause: UnknownCause;
  /** For people. */
  readonly reason: string;
}

export type Reading = KnownReading | UnknownReading;

/** A reading older than this tells nothing about now. */
export const STALE_AFTER_MS = 5_000;

export const unknownReading = (atMs: number, cause: UnknownCause, reason: string): UnknownReading => ({
  status: 'unknown',
  atMs,
  cause,
  reason,
});

/** Messages that are not done: work in hand is lag too, so that nothing looks idle while a replica still works. */
export const lagOf = ({ pending, ackPending }: KnownReading): number => pending + ackPending;

/** Turns a reading that has become old into an unknown one. */
export function freshReading(reading: Reading, nowMs: number): Reading {
  const ageMs = nowMs - reading.atMs;
  if (reading.status === 'unknown' || ageMs <= STALE_AFTER_MS) return reading;
  return unknownReading(nowMs, 'late', `the last reading is ${Math.round(ageMs / 1_000)} s old`);
}
