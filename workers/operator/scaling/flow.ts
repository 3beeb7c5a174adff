// How many messages arrive per second, lastingly: a burst is lag to be worked off, not a rate to keep up with.
import { History, type Timed } from './history.ts';
import type { Progress } from './progress.ts';
import { type KnownReading, lagOf } from './reading.ts';

const SPAN_MS = 10_000;
const SPANS = 3;
/** The mark at the start of the oldest span may be a little older than the span. */
const KEEP_MS = SPANS * SPAN_MS + 6_000;

/** Everything that had arrived and was acknowledged by a time, counted from an arbitrary start. */
export interface FlowMark extends Timed {
  readonly arrived: number;
  readonly acknowledged: number;
  /** Replicas that were ready. */
  readonly ready: number;
  /** Whether there was anything to do: messages pending or in hand. */
  readonly waiting: boolean;
}

export type Flow = History<FlowMark>;

/** Counts what happened since the last mark; without progress it begins anew. */
export function countFlow(flow: Flow, reading: KnownReading, ready: number, progress: Progress | undefined): Flow {
  const last = flow.entries.at(-1);
  const now = { atMs: reading.atMs, ready, waiting: lagOf(reading) > 0 };
  if (!progress || !last) return new History([{ ...now, arrived: 0, acknowledged: 0 }]);
  const arrived = last.arrived + progress.arrived;
  return flow.append({ ...now, arrived, acknowledged: last.acknowledged + progress.acknowledged }, KEEP_MS);
}

/** Messages per second in the quietest of the last three spans of ten seconds; 0 until all three have been seen. */
export function lastingArrivals(flow: Flow): number {
  let lowest = Infinity;
  let end = flow.entries.at(-1);
  const nowMs = end?.atMs ?? 0;
  for (let span = 1; span <= SPANS; span += 1) {
    const start = flow.at(nowMs - span * SPAN_MS);
    if (!start || !end || end.atMs === start.atMs) return 0;
    lowest = Math.min(lowest, ((end.arrived - start.arrived) * 1_000) / (end.atMs - start.atMs));
    end = start;
  }
  return lowest;
}

/** A shorter time tells nothing: batches are acknowledged in lumps. */
const MIN_THROUGHPUT_MS = 5_000;

/** What went through while there was something to do, and the number of ready replicas was the same. */
export interface Throughput {
  /** Messages acknowledged. */
  readonly perSecond: number;
  /** Messages that arrived meanwhile. */
  readonly arrivedPerSecond: number;
  readonly ready: number;
}

/** The throughput up to now. While there is nothing to do, replicas acknowledge what arrives, and that says nothing of what they could. */
export function throughput(flow: Flow): Throughput | undefined {
  const end = flow.entries.at(-1);
  if (!end) return undefined;
  const { ready } = end;
  const changed = flow.entries.findLastIndex((mark) => mark.ready !== ready || !mark.waiting);
  const start = flow.entries[changed + 1] ?? end;
  if (end.atMs - start.atMs < MIN_THROUGHPUT_MS) return undefined;
  const perSecond = (count: number): number => (count * 1_000) / (end.atMs - start.atMs);
  return {
    perSecond: perSecond(end.acknowledged - start.acknowledged),
    arrivedPerSecond: perSecond(end.arrived - start.arrived),
    ready,
  };
}
