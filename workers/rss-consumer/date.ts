// Dates as feeds write them: RFC 822 and ISO 8601 with their usual deviations. What is doubtful is no date.

const DAY_MS = 86_400_000;
/** Earlier ones are no dates of news but an unset clock (1970-01-01) or a slip of the keyboard. */
const MIN_MS = Date.UTC(1971, 0, 1);
/** How far ahead of now a date may lie: announcements do, typing errors lie further. */
const MAX_AHEAD_MS = 366 * DAY_MS;

const MONTHS: Readonly<Record<string, number>> = {
  ...{
    jan: 1,
    ene: 1,
    gen: 1,
    feb: 2,
    fev: 2,
    mar: 3,
    mrz: 3,
    maa: 3,
    apr: 4,
    avr: 4,
    abr: 4,
    may: 5,
    mai: 5,
    mag: 5,
    mei: 5,
  },
  ...{
    jun: 6,
    juin: 6,
    giu: 6,
    jul: 7,
    juil: 7,
    lug: 7,
    aug: 8,
    aou: 8,
    ago: 8,
    sep: 9,
    set: 9,
    oct: 10,
    okt: 10,
    out: 10,
  },
  ...{ ott: 10, nov: 11, dec: 12, dez: 12, dic: 12 },
};

const ZONE_MINUTES: Readonly<Record<string, number>> = {
  ...{
    z: 0,
    ut: 0,
    utc: 0,
    gmt: 0,
    wet: 0,
    west: 60,
    bst: 60,
    cet: 60,
    met: 60,
    cest: 120,
    mest: 120,
    eet: 120,
    eest: 180,
  },
  ...{
    msk: 180,
    jst: 540,
    kst: 540,
    aest: 600,
    aedt: 660,
    nzst: 720,
    nzdt: 780,
    est: -300,
    edt: -240,
    cst: -360,
    cdt: -300,
  },
  ...{ mst: -420, mdt: -360, pst: -480, pdt: -420, akst: -540, akdt: -480, hst: -600 },
};

const TIME = String.raw`(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}(?:[.,]\d+)?))?\s*(am|pm|a\.m\.|p\.m\.)?`;
const ZONE = String.raw`\s*([a-z]{1,5})?\s*(?:([+-])\s*(\d{1,2}):?(\d{2})?)?(?:\s*\([^)]*\))?`;
const WEEKDAY = String.raw`(?:\p{L}+(?:\.?,\s*|\.?\s+))?`;

const FORMS: readonly { readonly form: RegExp; readonly order: 'ymd' | 'dmy' | 'mdy' }[] = [
  // 2024-01-31T10:00:00+01:00, 20240131T100000Z, 2024/01/31 10:00, 2024-01, 2024
  {
    form: new RegExp(`^(\\d{4})(?:[-/.](\\d{1,2})(?:[-/.](\\d{1,2}))?)?(?:[t\\s,]+${TIME}${ZONE})?$`, 'u'),
    order: 'ymd',
  },
  {
    form: /^(\d{4})(\d{2})(\d{2})(?:t?(\d{2})(\d{2})(\d{2}(?:[.,]\d+)?)?()([a-z]{1,5})?(?:([+-])(\d{2}):?(\d{2})?)?)?$/u,
    order: 'ymd',
  },
  // Wed, 31 Jan 2024 10:00:00 +0100; 31-janv.-24
  {
    form: new RegExp(
      `^${WEEKDAY}(\\d{1,2})(?:er|\\.|st|nd|rd|th)?[\\s-]*(\\p{L}+)\\.?,?[\\s-]*(\\d{4}|\\d{2})(?:[,\\s]+(?:at\\s+)?${TIME}${ZONE})?$`,
      'u',
    ),
    order: 'dmy',
  },
  // January 31, 2024 10:00 AM
  {
    form: new RegExp(
      `^${WEEKDAY}(\\p{L}+)\\.?\\s+(\\d{1,2})(?:st|nd|rd|th)?,?\\s+(\\d{4})(?:[,\\s]+(?:at\\s+)?${TIME}${ZONE})?$`,
      'u',
    ),
    order: 'mdy',
  },
];

/** Wed Jan 31 10:00:00 CET 2024: the year comes last, where nothing else has it. */
const YEAR_LAST = new RegExp(
  `^${WEEKDAY}(\\p{L}+)\\s+(\\d{1,2})\\s+(\\d{1,2}:\\d{2}:\\d{2}(?:\\s+[a-z]{1,5})?(?:\\s*[+-]\\d{4})?)\\s+(\\d{4})$`,
  'u',
);

/**
 * Reads a date. Without a zone it is taken as UTC.
 * @param nowMs what "too far ahead" is measured from, milliseconds since the epoch @default now
 * @returns ISO 8601 in UTC, or null when it can't be read or can't be the date of a piece of news
 */
export function parseDate(written: string, nowMs: number = Date.now()): string | null {
  if (written.length > 100) return null;
  const text = written.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/gu, ' ').trim();
  const arranged = text.replace(YEAR_LAST, '$2 $1 $4 $3');
  for (const { form, order } of FORMS) {
    const match = form.exec(arranged);
    if (match) return toIso(order, match, nowMs);
  }
  return null;
}

function toIso(order: 'ymd' | 'dmy' | 'mdy', match: RegExpExecArray, nowMs: number): string | null {
  const [, first, second, third, hours, minutes, seconds, half, zone, sign, offsetHours, offsetMinutes] = match;
  const [year, month, day] =
    order === 'ymd' ? [first, second, third] : order === 'dmy' ? [third, second, first] : [third, first, second];
  const time = toSeconds(hours, minutes, seconds, half);
  const offset = toOffset(zone, sign, offsetHours, offsetMinutes);
  const monthNumber = order === 'ymd' ? Number(month ?? 1) : toMonth(month);
  if (time === undefined || offset === undefined || monthNumber === undefined) return null;
  const midnight = toMidnight(toYear(year as string), monthNumber, Number(day ?? 1));
  if (midnight === undefined) return null;
  const instant = midnight + Math.trunc(time * 1_000) - offset * 60_000;
  return instant < MIN_MS || instant > nowMs + MAX_AHEAD_MS ? null : new Date(instant).toISOString();
}

/** Two digits are of the window 1970 to 2069. */
const toYear = (digits: string): number =>
  digits.length === 4 ? Number(digits) : Number(digits) + (Number(digits) < 70 ? 2_000 : 1_900);

const toMonth = (name: string | undefined): number | undefined =>
  name === undefined ? undefined : (MONTHS[name.slice(0, 4)] ?? MONTHS[name.slice(0, 3)]);

/** Milliseconds of a day's beginning; undefined for a day that no calendar has. */
function toMidnight(year: number, month: number, day: number): number | undefined {
  const midnight = new Date(Date.UTC(year, month - 1, day));
  const exists = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  return exists ? midnight.getTime() : undefined;
}

/** Seconds since midnight. 24:00:00 ends a day, and a minute may have a leap second: both roll over. */
function toSeconds(hours = '0', minutes = '0', seconds = '0', half?: string): number | undefined {
  const minute = Number(minutes);
  const second = Number(seconds.replace(',', '.'));
  let hour = Number(hours);
  if (half) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half.startsWith('p') ? 12 : 0);
  }
  const exists = (hour <= 23 && minute <= 59 && second < 61) || (hour === 24 && minute === 0 && second === 0);
  return exists ? hour * 3_600 + minute * 60 + second : undefined;
}

/** Minutes east of UTC; undefined for a zone that nobody knows. `GMT+1` and `UTC+01:00` count from UTC. */
function toOffset(zone = '', sign?: string, hours = '0', minutes = '0'): number | undefined {
  const named = zone === '' ? 0 : ZONE_MINUTES[zone];
  if (named === undefined || Number(hours) > 14 || Number(minutes) > 59) return undefined;
  if (sign === undefined) return named;
  const offset = Number(hours) * 60 + Number(minutes);
  return sign === '-' ? -offset : offset;
}
