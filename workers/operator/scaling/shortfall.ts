// What was too few before: a replica that had to be added again is not removed a second time for the same load.
import type { Figures } from './demand.ts';
import { type Flow, throughput } from './flow.ts';
import type { History, Timed } from './history.ts';

/** So many replicas did not keep up with so many arrivals per second. */
export interface Shortfall extends Timed {
  readonly replicas: number;
  readonly arrivals: number;
}

/** How long it is remembered. Without this memory a speed that was measured a little too high would be believed every time. */
export const MEMORY_MS = 1_800_000;
/** Loads that differ by less are the same load, and as much more than it has to be acknowledged to keep up with it. */
const SAME_LOAD = 1.1;
/** What arrives by so much more than lastingly is a burst. */
const BURST = 1.5;

/**
 * Remembers, when more replicas are wanted, that those that are ready acknowledge no more than arrives all the while.
 * A burst is no shortfall: they keep up with what arrives lastingly, and it is only the burst that takes more of them.
 */
export function noteShortfall(
  shortfalls: History<Shortfall>,
  { arrivals }: Figures,
  flow: Flow,
  wanted: number,
  atMs: number,
): History<Shortfall> {
  const done = throughput(flow);
  if (!done || done.ready === 0 || wanted <= done.ready) return shortfalls;
  if (done.perSecond > arrivals * SAME_LOAD || done.arrivedPerSecond > arrivals * BURST) return shortfalls;
  const others = shortfalls.without(({ replicas }) => replicas === done.ready);
  return others.append({ atMs, replicas: done.ready, arrivals }, MEMORY_MS);
}

/** The fewest replicas that may be enough for what arrives, by what is remembered. */
export function fewestEnough(shortfalls: History<Shortfall>, { arrivals }: Figures, nowMs: number): number {
  const tooFew = shortfalls.within(MEMORY_MS, nowMs).filter((shortfall) => shortfall.arrivals <= arrivals * SAME_LOAD);
  return 1 + Math.max(0, ...tooFew.map(({ replicas }) => replicas));
}
