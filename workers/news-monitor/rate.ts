// Rates over a sliding window: messages acknowledged by a consumer, and news seen.

/** Rates look back this far. */
export const RATE_WINDOW_MS = 10_000;

/** The counters of a consumer that its rate is computed from. */
export interface AckCounters {
  readonly pending: number;
  readonly ackPending: number;
  readonly redelivered: number;
  /** Consumer sequence of the last delivery; every redelivery counts. */
  readonly delivered: number;
  /** Consumer sequence up to which everything is acknowledged. */
  readonly ackFloor: number;
}

/**
 * Acknowledgements between two readings. JetStream counts deliveries, not acknowledgements: `delivered - ackPending`
 * overstates by each redelivery, and the floor stands still behind one message in retry. So the first is reduced by the
 * messages in redelivery, and the floor's advance is what it is at least. A consumer that only gets the same messages
 * back again therefore shows 0.
 */
function acknowledgedBetween(before: AckCounters, after: AckCounters): number {
  const settled = after.delivered - after.ackPending - (before.delivered - before.ackPending);
  const floor = Math.min(after.ackFloor - before.ackFloor, settled);
  return Math.max(0, floor, settled - Math.max(before.redelivered, after.redelivered));
}

/** Acknowledgements and arrivals per second of one consumer, over the last ten seconds. */
export class AckRate {
  #last: AckCounters | undefined;
  #acknowledged = 0;
  readonly #samples: { readonly atMs: number; readonly acknowledged: number; readonly waiting: number }[] = [];

  /** Takes in a reading; one with smaller sequences (a consumer made anew) starts the measurement again. */
  record(atMs: number, counters: AckCounters): void {
    const last = this.#last;
    if (last && (counters.delivered < last.delivered || counters.ackFloor < last.ackFloor)) this.reset();
    else if (last) this.#acknowledged += acknowledgedBetween(last, counters);
    this.#last = counters;
    this.#samples.push({ atMs, acknowledged: this.#acknowledged, waiting: counters.pending + counters.ackPending });
    // One sample at or before the window's start stays: the rate spans the whole window.
    while (this.#samples.length > 2 && (this.#samples[1]?.atMs ?? 0) <= atMs - RATE_WINDOW_MS) this.#samples.shift();
  }

  /** Forgets everything, as after a reading that failed: what happened in between is not known. */
  reset(): void {
    this.#last = undefined;
    this.#acknowledged = 0;
    this.#samples.length = 0;
  }

  /** @returns null before two readings at different times */
  perSecond(): number | null {
    return this.#over(({ acknowledged }) => acknowledged);
  }

  /** What came in: what was acknowledged, and what more waits. @returns null before two readings at different times */
  arrivingPerSecond(): number | null {
    return this.#over(({ acknowledged, waiting }) => acknowledged + waiting);
  }

  #over(count: (sample: { readonly acknowledged: number; readonly waiting: number }) => number): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.atMs <= first.atMs) return null;
    return (Math.max(0, count(last) - count(first)) * 1_000) / (last.atMs - first.atMs);
  }
}

/** Events per second over the last ten seconds, kept in buckets of a second. */
export class EventRate {
  readonly #counts = new Map<number, number>();

  record(atMs: number): void {
    const second = Math.floor(atMs / 1_000);
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + 1);
    if (this.#counts.size > 2 * (RATE_WINDOW_MS / 1_000)) this.#forgetBefore(second - RATE_WINDOW_MS / 1_000);
  }

  perSecond(nowMs: number): number {
    const now = Math.floor(nowMs / 1_000);
    let sum = 0;
    for (const [second, count] of this.#counts) if (second > now - RATE_WINDOW_MS / 1_000) sum += count;
    return (sum * 1_000) / RATE_WINDOW_MS;
  }

  #forgetBefore(limit: number): void {
    for (const second of this.#counts.keys()) if (second < limit) this.#counts.delete(second);
  }
}
