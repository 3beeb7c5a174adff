// Progress between readings, the speed of one replica and lasting arrivals, from readings written by hand.
import { describe, expect, it } from 'vitest';
import { lastingArrivals } from './flow.ts';
import { type Measurement, measure, NO_MEASUREMENT } from './measurement.ts';
import { progressBetween } from './progress.ts';
import { isSaturated, perSecond } from './rate.ts';
import type { KnownReading } from './reading.ts';
import { NOW_MS, sampleReading } from './testing/samples.ts';

const counted = (delivered: number, ackPending = 0, redelivered = 0, ackFloor = delivered - ackPending) =>
  sampleReading({ delivered, ackPending, redelivered, ackFloor });
const later = (reading: KnownReading, ms = 1_000): KnownReading => ({ ...reading, atMs: NOW_MS + ms });

describe('acknowledged between two readings', () => {
  it.each([
    ['what was delivered and is not in hand', counted(0), counted(100, 30), 70],
    ['nothing that is still in hand', counted(0), counted(100, 100), 0],
    ['what was in hand before', counted(100, 100), counted(100, 40), 60],
    ['nothing of what only came back', counted(500, 500, 500, 0), counted(1_000, 500, 500, 0), 0],
    ['what passes one message in retry', counted(0), counted(1_001, 1, 1, 0), 999],
    ['at least what the floor says', counted(0, 0, 0, 0), counted(100, 50, 50, 40), 40],
  ])('is %s', (_, before, after, acknowledged) => {
    expect(progressBetween(before, later(after))?.acknowledged).toBe(acknowledged);
  });

  it.each([
    ['of another consumer of that name', later({ ...counted(200), createdAtMs: NOW_MS })],
    ['whose deliveries went back', later(counted(50))],
    ['whose floor went back', later(counted(200, 190, 0, 10))],
    ['that is too far away', later(counted(200), 6_000)],
    ['of before', later(counted(200), -1_000)],
  ])('is not known from a reading %s', (_, after) => {
    expect(progressBetween(counted(100), after)).toBeUndefined();
  });
});

describe('arrived between two readings', () => {
  it.each([
    [
      'what is more and what was acknowledged',
      { pending: 10 },
      { pending: 25, delivered: 1_100, ackFloor: 1_100 },
      115,
    ],
    ['what went into hands', { pending: 10 }, { pending: 0, ackPending: 30, delivered: 1_030 }, 20],
    ['nothing when messages were purged', { pending: 1_000 }, { pending: 0 }, 0],
  ])('is %s', (_, before, after, arrived) => {
    expect(progressBetween(sampleReading(before), later(sampleReading(after)))?.arrived).toBe(arrived);
  });
});

it.each([
  ['nothing is pending', { pending: 0, waiting: 0 }, false],
  ['a replica waits for messages', { pending: 5, waiting: 1 }, false],
  ['none waits', { pending: 5, waiting: 0 }, true],
  ['max_ack_pending is used up', { pending: 5, waiting: 1, ackPending: 2_000 }, true],
])('all replicas have work when %s: %#', (_, reading, saturated) => {
  expect(isSaturated(sampleReading(reading))).toBe(saturated);
});

/** Readings a second apart, each given by what has been acknowledged and is pending, with so many replicas ready. */
function measured(seconds: readonly (readonly [acknowledged: number, pending: number])[], ready = 1): Measurement {
  return seconds.reduce<Measurement>((before, [acknowledged, pending], second) => {
    const counters = { pending, delivered: 100 + acknowledged, ackPending: 100, ackFloor: acknowledged };
    return measure(before, later(sampleReading(counters), second * 1_000), ready);
  }, NO_MEASUREMENT);
}
const seconds = (count: number, at: (second: number) => readonly [number, number]) =>
  Array.from({ length: count }, (_, second) => at(second));

describe('the speed of one replica', () => {
  it.each([
    ['is shared by all that are ready', seconds(10, (s) => [s * 900, 9_000]), 3, 300],
    ['counts batches by their intervals', seconds(30, (s) => [Math.floor(s / 4) * 1_200, 9_000]), 1, 300],
    ['is not known while somebody has nothing to do', seconds(10, (s) => [s * 300, 0]), 1, undefined],
    ['is not known without replicas', seconds(10, () => [0, 9_000]), 0, undefined],
    ['is not known while nothing is acknowledged', seconds(100, () => [0, 9_000]), 1, undefined],
    ['is not slower for a standstill', seconds(100, (s) => [Math.min(s, 20) * 300, 9_000]), 1, 300],
    ['is kept through idleness', seconds(60, (s) => [Math.min(s, 20) * 300, s < 20 ? 9_000 : 0]), 1, 300],
  ])('%s', (_, readings, ready, expected) => {
    expect(perSecond(measured(readings, ready).rate)).toEqual(
      expected === undefined ? undefined : expect.closeTo(expected, 6),
    );
  });

  it('takes a reading in once', () => {
    const once = measured(seconds(10, (s) => [s * 300, 9_000]));
    expect(once.last && measure(once, once.last, 1)).toBe(once);
  });
});

describe('lasting arrivals', () => {
  it.each([
    ['are what always arrives', seconds(31, (s) => [0, s * 50]), 50],
    ['leave a burst out', seconds(31, (s) => [0, s * 50 + (s > 12 ? 20_000 : 0)]), 50],
    ['end when they end', seconds(31, (s) => [0, Math.min(s, 20) * 50]), 0],
    ['are not known before half a minute', seconds(30, (s) => [0, s * 50]), 0],
  ])('%s', (_, readings, expected) => {
    expect(lastingArrivals(measured(readings).flow)).toBe(expected);
  });
});
