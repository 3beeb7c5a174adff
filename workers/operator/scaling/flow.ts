// How many messages arrive per second, lastingly: a burst is lag to be worked off, not a rate to keep up with.
import { History, type Timed } from './history.ts';
import type { Progress } from './progress.ts';

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
}

export type Flow = History<FlowMark>;

/** Counts what happened since the last mark; without progress it begins anew. */
export function countFlow(flow: Flow, atMs: number, ready: number, progress: Progress | undefined): Flow {
  const last = flow.entries.at(-1);
  if (!progress || !last) return new History([{ atMs, arrived: 0, acknowledged: 0, ready }]);
  const arrived = last.arrived + progress.arrived;
  return flow.append({ atMs, arrived, acknowledged: last.acknowledged + progress.acknowledged, ready }, KEEP_MS);
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

/** Messages per second that were acknowledged since the number of ready replicas last changed, and that number. */
export function throughput(flow: Flow): { readonly perSecond: number; readonly ready: number } | undefined {
  const end = flow.entries.at(-1);
  if (!end) return undefined;
  const { ready } = end;
  const changed = flow.entries.findLastIndex((mark) => mark.ready !== ready);
  const start = flow.entries[changed + 1] ?? end;
  if (end.atMs - start.atMs < MIN_THROUGHPUT_MS) return undefined;
  return { perSecond: ((end.acknowledged - start.acknowledged) * 1_000) / (end.atMs - start.atMs), ready };
}
