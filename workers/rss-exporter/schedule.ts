// When a feed is due next: its interval, its jitter, and how long to stay away after errors. Pure.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The shortest interval of a feed whose definition does not set one. */
export const MIN_INTERVAL_MS = 15 * MINUTE_MS;
/** The longest that a feed is left alone, whatever it or its server asks for. */
export const MAX_INTERVAL_MS = DAY_MS;
/** Below this, `every` is kept to the millisecond. */
const EXACT_BELOW_MS = 10_000;
const JITTER = 0.1;
/** How much of a document is searched for its own wish; it stands before the items. */
const HINT_CHARS = 8_192;

const PERIODS_MS: Readonly<Record<string, number>> = {
  hourly: HOUR_MS,
  daily: DAY_MS,
  weekly: 7 * DAY_MS,
  monthly: 30 * DAY_MS,
  yearly: 365 * DAY_MS,
};

/** What an interval is made of, in milliseconds; a null was not given. */
export interface IntervalWishes {
  /** The definition's `every`. */
  readonly everyMs: number | null;
  /** The document's own wish: see {@link documentIntervalMs}. */
  readonly ttlMs: number | null;
  readonly maxAgeMs: number | null;
}

/**
 * Reads how often a document asks to be fetched: the longer of `<ttl>` (minutes) and `<sy:updatePeriod>` divided by
 * `<sy:updateFrequency>`.
 * @returns milliseconds, or null when it says nothing
 */
export function documentIntervalMs(document: string): number | null {
  const start = document.slice(0, HINT_CHARS);
  const ttl = /<ttl>\s{0,20}(\d{1,7})\s{0,20}<\/ttl>/i.exec(start)?.[1];
  const period = /<sy:updatePeriod>\s{0,20}([a-z]{5,7})\s{0,20}<\/sy:updatePeriod>/i.exec(start)?.[1]?.toLowerCase();
  const frequency = /<sy:updateFrequency>\s{0,20}(\d{1,5})\s{0,20}<\/sy:updateFrequency>/i.exec(start)?.[1];
  const ttlMs = Number(ttl ?? 0) * MINUTE_MS;
  const periodMs = Math.round((PERIODS_MS[period ?? ''] ?? 0) / Math.max(1, Number(frequency ?? 1)));
  return Math.max(ttlMs, periodMs) || null;
}

/** A feed's interval in milliseconds: `every` as it is, else the longest wish, from 15 minutes to a day. */
export function intervalMs({ everyMs, ttlMs, maxAgeMs }: IntervalWishes): number {
  if (everyMs !== null) return everyMs;
  return Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, ttlMs ?? 0, maxAgeMs ?? 0));
}

/** Spreads an interval by up to a tenth either way, so that feeds do not fall due together. `random` is from 0 to 1. */
function jittered(ms: number, everyMs: number | null, random: number): number {
  if (everyMs !== null && everyMs < EXACT_BELOW_MS) return ms;
  const spread = Math.round(ms * (1 - JITTER + 2 * JITTER * random));
  return everyMs === null ? Math.min(MAX_INTERVAL_MS, spread) : spread;
}

/**
 * Computes when a feed is due after a poll that went well.
 *
 * With `every` it counts from when this poll was due, so that the time that polls take does not add up; where that has
 * passed by already, the polls missed are skipped, not made up for.
 * @param dueAtMs when the poll that has just ended was due
 */
export function nextDueMs(wishes: IntervalWishes, dueAtMs: number, nowMs: number, random: number): number {
  const interval = intervalMs(wishes);
  const step = jittered(interval, wishes.everyMs, random);
  if (wishes.everyMs === null) return nowMs + step;
  if (dueAtMs + step > nowMs) return dueAtMs + step;
  return dueAtMs + (Math.floor((nowMs - dueAtMs) / interval) + 1) * interval;
}

/**
 * Computes how long to stay away after errors: the interval, doubled with every consecutive failure, up to a day (or to
 * `every`, where that is longer).
 * @param failures consecutive failed polls, this one included
 */
export function backoffMs(wishes: IntervalWishes, failures: number, random: number): number {
  const interval = intervalMs(wishes);
  const doubled = interval * 2 ** Math.min(failures, 30);
  return Math.min(Math.max(MAX_INTERVAL_MS, interval), jittered(doubled, wishes.everyMs, random));
}

/**
 * Computes how long to stay away when the server has named a time: at least that, at least the interval, at most a day
 * (or `every`, where that is longer). Jitter only ever adds.
 */
export function retryDelayMs(wishes: IntervalWishes, retryAfterMs: number, random: number): number {
  const interval = intervalMs(wishes);
  const wait = Math.max(retryAfterMs, interval);
  return Math.min(Math.max(MAX_INTERVAL_MS, interval), Math.round(wait * (1 + JITTER * random)));
}
