// The last hour in steps, kept in memory.
import type { History, HistoryPoint, HistorySeries } from './snapshot.ts';

/** Time between two points. */
export const STEP_SECONDS = 15;
/** Points of an hour. */
export const POINTS_KEPT = 3_600 / STEP_SECONDS;

type Values = HistoryPoint['values'];

/** Keeps the latest points; a series that a point lacks has null there. */
export class HistoryKeeper {
  /** Oldest first. */
  readonly #points: HistoryPoint[] = [];

  record(at: Date, values: Values): void {
    this.#points.push({ at: at.toISOString(), values });
    if (this.#points.length > POINTS_KEPT) this.#points.shift();
  }

  /** The latest, or undefined before the first. */
  get latest(): HistoryPoint | undefined {
    return this.#points.at(-1);
  }

  /** All of it, series by series. */
  view(): History {
    const names = new Set(this.#points.flatMap(({ values }) => Object.keys(values) as HistorySeries[]));
    const series = [...names].map((name) => [name, this.#points.map(({ values }) => values[name] ?? null)]);
    return { stepSeconds: STEP_SECONDS, end: this.latest?.at ?? null, series: Object.fromEntries(series) };
  }
}
