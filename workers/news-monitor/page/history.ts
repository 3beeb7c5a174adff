// The last hour of every series: fetched once, then a point at a time.
import type { History, HistoryPoint, HistorySeries } from '../snapshot.ts';

const HOUR_SECONDS = 3_600;

type Values = readonly (number | null)[];

/** Adds a point to every series; one that is new was not known before, one that is missing is not known now. */
export function appendPoint(history: History, { at, values }: HistoryPoint): History {
  if (history.end !== null && Date.parse(at) <= Date.parse(history.end)) return history;
  const { stepSeconds } = history;
  const most = Math.floor(HOUR_SECONDS / stepSeconds);
  const length = Math.max(0, ...Object.values(history.series).map((each) => each?.length ?? 0));
  const names = new Set([...Object.keys(history.series), ...Object.keys(values)] as HistorySeries[]);
  const series: Partial<Record<HistorySeries, Values>> = {};
  for (const name of names) {
    const before = history.series[name] ?? Array.from({ length }, () => null);
    series[name] = [...before, values[name] ?? null].slice(-most);
  }
  return { stepSeconds, end: at, series };
}

/** Keeps the history and tells when it has changed. */
export class HistoryKeeper {
  readonly #changed: (history: History) => void;
  #history: History | undefined;
  #fetching = false;

  constructor(changed: (history: History) => void) {
    this.#changed = changed;
  }

  /** Fetches the whole of it: on connecting, and when points may have been missed. Without an answer there are no lines. */
  async fetch(): Promise<void> {
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      const response = await fetch('api/history');
      if (response.ok) this.#set((await response.json()) as History);
    } catch {
      // The monitor is away: it is asked again when events flow again.
    } finally {
      this.#fetching = false;
    }
  }

  add(point: HistoryPoint): void {
    if (this.#history) this.#set(appendPoint(this.#history, point));
  }

  #set(history: History): void {
    this.#history = history;
    this.#changed(history);
  }
}
