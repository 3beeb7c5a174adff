import { describe, expect, it } from 'vitest';
import { AckRate, EventRate } from './rate.ts';

const counters = (delivered: number, ackPending = 0, redelivered = 0, ackFloor = delivered - ackPending) => ({
  pending: 0,
  delivered,
  ackPending,
  redelivered,
  ackFloor,
});

describe('AckRate', () => {
  it.each([
    ['one reading tells no rate', [[0, counters(100)]], null],
    [
      'two readings at the same time tell no rate',
      [
        [0, counters(100)],
        [0, counters(200)],
      ],
      null,
    ],
    [
      'steady work',
      [
        [0, counters(0)],
        [2_000, counters(200)],
        [4_000, counters(400)],
      ],
      100,
    ],
    [
      'nothing delivered',
      [
        [0, counters(50)],
        [2_000, counters(50)],
      ],
      0,
    ],
    [
      'deliveries still in hand are not acknowledged',
      [
        [0, counters(0)],
        [1_000, counters(100, 100)],
      ],
      0,
    ],
    // Everything comes back again and again: 500 in hand, delivered anew each second, the floor at rest.
    [
      'endless redelivery',
      [
        [0, counters(500, 500, 0)],
        [1_000, counters(1_000, 500, 500, 0)],
        [2_000, counters(1_500, 500, 500, 0)],
      ],
      0,
    ],
    // One message in retry holds the floor at 0 while a thousand pass it.
    [
      'one message in retry',
      [
        [0, counters(0)],
        [1_000, counters(1_001, 1, 1, 0)],
      ],
      999,
    ],
    [
      'only the last ten seconds count',
      [
        [0, counters(0)],
        [5_000, counters(5_000)],
        [10_000, counters(5_000)],
        [15_000, counters(5_000)],
      ],
      0,
    ],
    [
      'a consumer made anew starts again',
      [
        [0, counters(900)],
        [1_000, counters(10)],
        [2_000, counters(30)],
      ],
      20,
    ],
  ] as const)('%s', (_, readings, expected) => {
    const rate = new AckRate();
    for (const [atMs, reading] of readings) rate.record(atMs, reading);
    expect(rate.perSecond()).toBe(expected);
  });

  it('counts what comes in, whether it waits or is acknowledged', () => {
    const rate = new AckRate();
    expect(rate.arrivingPerSecond()).toBeNull();
    rate.record(0, { ...counters(0), pending: 50 });
    rate.record(1_000, { ...counters(30, 10), pending: 100 });
    // 20 acknowledged, and 60 more wait or are in hand.
    expect([rate.perSecond(), rate.arrivingPerSecond()]).toEqual([20, 80]);
    rate.record(2_000, { ...counters(30, 0), pending: 0 });
    // Messages that age or are purged do not arrive backwards.
    expect(rate.arrivingPerSecond()).toBe(0);
  });

  it('keeps its samples bounded', () => {
    const rate = new AckRate();
    for (let second = 0; second <= 100_000; second += 1) rate.record(second * 1_000, counters(second * 7));
    expect(rate.perSecond()).toBe(7);
  });
});

describe('EventRate', () => {
  it('counts the last ten seconds and forgets the rest', () => {
    const rate = new EventRate();
    for (let ms = 0; ms < 60_000; ms += 100) rate.record(ms);
    expect(rate.perSecond(59_900)).toBe(10);
    expect(rate.perSecond(64_900)).toBe(5);
    expect(rate.perSecond(120_000)).toBe(0);
  });
});
