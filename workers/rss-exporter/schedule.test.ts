// Intervals, jitter and backoff as tables.
import { describe, expect, test } from 'vitest';
import { backoffMs, documentIntervalMs, type IntervalWishes, intervalMs, nextDueMs, retryDelayMs } from './schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The random number that leaves an interval as it is. */
const MIDDLE = 0.5;

const wishes = (given: Partial<IntervalWishes>): IntervalWishes => ({
  everyMs: null,
  ttlMs: null,
  maxAgeMs: null,
  ...given,
});

describe('documentIntervalMs', () => {
  test.each([
    ['<rss><channel><ttl>60</ttl>', HOUR],
    ['<ttl> 30\n</ttl>', 30 * MINUTE],
    ['<ttl>0</ttl>', null],
    ['<ttl>soon</ttl>', null],
    ['<sy:updatePeriod>hourly</sy:updatePeriod>', HOUR],
    ['<sy:updatePeriod> daily </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>', 6 * HOUR],
    ['<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>', HOUR],
    ['<sy:updatePeriod>never</sy:updatePeriod>', null],
    ['<ttl>120</ttl><sy:updatePeriod>hourly</sy:updatePeriod>', 2 * HOUR],
    [`${' '.repeat(9_000)}<ttl>60</ttl>`, null],
    ['{"version":"https://jsonfeed.org/version/1.1"}', null],
  ])('reads %j', (document, expected) => {
    expect(documentIntervalMs(document)).toBe(expected);
  });
});

describe('intervalMs', () => {
  test.each([
    [{}, 15 * MINUTE],
    [{ ttlMs: 5 * MINUTE, maxAgeMs: MINUTE }, 15 * MINUTE],
    [{ ttlMs: HOUR, maxAgeMs: 2 * HOUR }, 2 * HOUR],
    [{ ttlMs: 3 * HOUR, maxAgeMs: 2 * HOUR }, 3 * HOUR],
    [{ ttlMs: 30 * DAY }, DAY],
    [{ everyMs: 3_000, ttlMs: HOUR, maxAgeMs: HOUR }, 3_000],
  ])('of %j is %d', (given, expected) => {
    expect(intervalMs(wishes(given))).toBe(expected);
  });
});

describe('nextDueMs', () => {
  test('without every it counts from the end of the poll, up to a tenth earlier or later', () => {
    expect(nextDueMs(wishes({}), 0, 5_000, 0)).toBe(5_000 + 13.5 * MINUTE);
    expect(nextDueMs(wishes({}), 0, 5_000, MIDDLE)).toBe(5_000 + 15 * MINUTE);
    expect(nextDueMs(wishes({}), 0, 5_000, 1)).toBe(5_000 + 16.5 * MINUTE);
  });

  test('jitter never goes beyond a day', () => {
    expect(nextDueMs(wishes({ ttlMs: DAY }), 0, 0, 1)).toBe(DAY);
  });

  test.each([
    ['in time', 3_000, 1_000, 3_000],
    ['as late as the interval', 3_000, 3_000, 6_000],
    ['later than the interval', 3_000, 4_000, 6_000],
    ['after missing many', 3_000, 100_000, 102_000],
  ])('with every it counts from when the poll was due: %s', (_name, everyMs, endedMs, expected) => {
    expect(nextDueMs(wishes({ everyMs }), 0, endedMs, 1)).toBe(expected);
  });

  test.each([
    [9_999, 1, 9_999],
    [10_000, 0, 9_000],
    [10_000, 1, 11_000],
    [2 * DAY, MIDDLE, 2 * DAY],
  ])('every %d with random %d comes to %d', (everyMs, random, expected) => {
    expect(nextDueMs(wishes({ everyMs }), 0, 100, random)).toBe(expected);
  });
});

describe('backoffMs', () => {
  test.each([
    [null, 1, 30 * MINUTE],
    [null, 2, HOUR],
    [null, 6, 16 * HOUR],
    [null, 7, DAY],
    [null, 5_000, DAY],
    [3_000, 1, 6_000],
    [3_000, 2, 12_000],
    [3_000, 10, 3_072_000],
    [3_000, 15, DAY],
    [MINUTE, 1, 2 * MINUTE],
    [2 * DAY, 1, 2 * DAY],
  ])('every %j, failure %d: %d', (everyMs, failures, expected) => {
    expect(backoffMs(wishes({ everyMs }), failures, MIDDLE)).toBe(expected);
  });

  test('is spread, but not beyond a day', () => {
    expect(backoffMs(wishes({}), 1, 0)).toBe(27 * MINUTE);
    expect(backoffMs(wishes({}), 1, 1)).toBe(33 * MINUTE);
    expect(backoffMs(wishes({}), 9, 1)).toBe(DAY);
  });
});

describe('retryDelayMs', () => {
  test.each([
    [3_000, 120_000, 0, 120_000],
    [3_000, 120_000, 1, 132_000],
    [3_000, 1_000, 0, 3_000],
    [null, 60_000, 0, 15 * MINUTE],
    [null, 2 * HOUR, 0, 2 * HOUR],
    [null, 10 * DAY, 0, DAY],
    [null, DAY, 1, DAY],
  ])('every %j, Retry-After %d ms, random %d: %d', (everyMs, retryAfterMs, random, expected) => {
    expect(retryDelayMs(wishes({ everyMs }), retryAfterMs, random)).toBe(expected);
  });
});
