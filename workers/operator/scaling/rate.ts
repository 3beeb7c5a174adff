// How many messages ONE replica acknowledges per second, measured only while every replica had work.
import type { Progress } from './progress.ts';
import type { KnownReading } from './reading.ts';

/** What was measured so long ago counts half. Only time that could be measured counts. */
export const HALF_LIFE_MS = 30_000;
/** A sample is closed after this, so that what comes later can still be thrown away. */
const SPAN_MS = 3_000;
/** A shorter one tells nothing: batches are acknowledged in lumps, by several replicas in turn. */
const MIN_SPAN_MS = 1_000;
/** So long without an acknowledgement is a standstill, not slowness: it says nothing about the speed of a working replica. */
export const STANDSTILL_MS = 30_000;

/** The measurement so far. */
export interface Rate {
  /** Sum of the samples, each times its weight, and the sum of the weights. */
  readonly sum: number;
  readonly weight: number;
  /** The sample being taken: while all replicas had work. */
  readonly span: Span | undefined;
}

/** Both ends are readings that saw acknowledgements. */
interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly ready: number;
  readonly acknowledged: number;
}

export const NO_RATE: Rate = { sum: 0, weight: 0, span: undefined };

/**
 * Whether every replica had as much work as it could take: messages wait, and no replica waits for messages. Requests stay
 * open beside pending messages only where `max_ack_pending` is used up, which is work enough too.
 */
export const isSaturated = ({ pending, waiting, ackPending, maxAckPending }: KnownReading): boolean =>
  pending > 0 && (waiting === 0 || (maxAckPending !== undefined && ackPending >= maxAckPending));

/**
 * Takes in a reading. A sample begins and ends with readings that saw acknowledgements: a worker that acknowledges a batch every
 * few seconds is then neither taken for one that stands still in between, nor credited with what it began before.
 * @param progress since the reading before; undefined when nothing is known about the time in between
 * @param ready replicas that are ready now
 */
export function measureRate(rate: Rate, reading: KnownReading, ready: number, progress: Progress | undefined): Rate {
  const { atMs } = reading;
  if (!progress || ready === 0 || !isSaturated(reading)) return { ...close(rate), span: undefined };
  const { acknowledged } = progress;
  const begin = acknowledged > 0 ? { sinceMs: atMs, untilMs: atMs, ready, acknowledged: 0 } : undefined;
  const { span } = rate;
  if (!span) return { ...rate, span: begin };
  if (span.ready !== ready || atMs - span.untilMs >= STANDSTILL_MS) return { ...close(rate), span: begin };
  if (!begin) return rate;
  const longer = { ...rate, span: { ...span, untilMs: atMs, acknowledged: span.acknowledged + acknowledged } };
  return atMs - span.sinceMs < SPAN_MS ? longer : { ...close(longer), span: begin };
}

/** Counts the sample that was being taken. */
function close(rate: Rate): Rate {
  const { span, sum, weight } = rate;
  const elapsedMs = span ? span.untilMs - span.sinceMs : 0;
  if (!span || elapsedMs < MIN_SPAN_MS) return rate;
  const sample = (span.acknowledged * 1_000) / elapsedMs / span.ready;
  const decay = 0.5 ** (elapsedMs / HALF_LIFE_MS);
  return { sum: sum * decay + sample * (1 - decay), weight: weight * decay + (1 - decay), span };
}

/** Acknowledgements per second of one replica; undefined until they have been measured. */
export const perSecond = ({ sum, weight }: Rate): number | undefined => (weight === 0 ? undefined : sum / weight);
