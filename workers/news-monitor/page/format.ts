// Numbers, ages and durations as the page writes them.

const wholes = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const moments = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

export const formatCount = (value: number): string => wholes.format(value);

/** Rates below ten keep a decimal; a rate that is not known is a dash. */
export function formatRate(perSecond: number | null): string {
  if (perSecond === null) return '–';
  if (perSecond === 0) return '0';
  return perSecond < 0.05 ? '<0.1' : perSecond < 9.95 ? tenths.format(perSecond) : wholes.format(perSecond);
}

/** A span of time in its largest unit: `850 ms`, `12 s`, `3 min`, `5 h`, `2 d`. */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

export const formatLatency = (milliseconds: number): string =>
  milliseconds >= 1_000 && milliseconds < 10_000
    ? `${tenths.format(milliseconds / 1_000)} s`
    : formatSpan(milliseconds);

/** How long ago a time was, or how long until it comes. */
export function formatAge(iso: string, nowMs: number): string {
  const agoMs = nowMs - Date.parse(iso);
  if (Number.isNaN(agoMs)) return 'at an unreadable time';
  if (agoMs <= -1_000) return `in ${formatSpan(-agoMs)}`;
  return agoMs < 1_000 ? 'just now' : `${formatSpan(agoMs)} ago`;
}

/** When a poll is due; one that should have been is overdue after a tolerance of five seconds. */
export function formatDue(iso: string, nowMs: number): string {
  const lateMs = nowMs - Date.parse(iso);
  if (Number.isNaN(lateMs)) return 'at an unreadable time';
  if (lateMs <= -1_000) return `in ${formatSpan(-lateMs)}`;
  return lateMs < 5_000 ? 'now' : `overdue by ${formatSpan(lateMs)}`;
}

/** A date and time in the reader's time zone; what is not a date stays as it is. */
export function formatMoment(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : moments.format(date);
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

const briefs = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** A count in a few characters: `940`, `1.2K`, `3M`. */
export const formatBrief = (value: number): string => briefs.format(value);
