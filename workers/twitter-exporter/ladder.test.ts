import { describe, expect, it } from 'vitest';
import { Ladder, type LadderKind, waitMs } from './ladder.ts';

const steps = (kind: LadderKind, count: number, random: number): number[] =>
  Array.from({ length: count }, (_, index) => waitMs(kind, index + 1, random));

describe('without chance', () => {
  it('network errors climb by 250 ms to 16 s', () => {
    expect(steps('network', 4, 0)).toEqual([250, 500, 750, 1_000]);
    expect(waitMs('network', 64, 0)).toBe(16_000);
    expect(waitMs('network', 1_000_000, 0)).toBe(16_000);
  });

  it('HTTP errors double from 5 s to 320 s', () => {
    expect(steps('http', 9, 0)).toEqual([5, 10, 20, 40, 80, 160, 320, 320, 320].map((seconds) => seconds * 1_000));
  });

  it('rate limits double from 60 s', () => {
    expect(steps('rateLimit', 6, 0)).toEqual([60, 120, 240, 480, 960, 960].map((seconds) => seconds * 1_000));
    expect(waitMs('rateLimit', 1_000_000, 0)).toBe(960_000);
  });
});

it('chance only ever adds, at most a fifth', () => {
  for (const kind of ['network', 'http', 'rateLimit'] as const) {
    const least = steps(kind, 12, 0);
    const most = steps(kind, 12, 1);
    expect(most).toEqual(least.map((ms) => Math.ceil(ms * 1.2)));
  }
});

describe('the time at which the API wants to be asked again', () => {
  it('is never anticipated', () => {
    for (const random of [0, 0.5, 1]) expect(waitMs('rateLimit', 1, random, 400_000)).toBeGreaterThanOrEqual(400_000);
    expect(waitMs('http', 1, 0, 90_000)).toBe(90_000);
  });

  it('does not shorten a step', () => {
    expect(waitMs('rateLimit', 2, 0, 1_000)).toBe(120_000);
    expect(waitMs('rateLimit', 1, 0, -5)).toBe(60_000);
  });

  it('is taken for a mistake when it is days away', () => {
    expect(waitMs('rateLimit', 1, 0, 30 * 86_400_000)).toBe(60_000);
  });
});

it('each ladder is climbed by its own failures, and all begin anew after data', () => {
  const ladder = new Ladder();
  expect([ladder.fail('network', 0), ladder.fail('http', 0), ladder.fail('network', 0)]).toEqual([250, 5_000, 500]);
  expect(ladder.failures).toBe(3);
  ladder.reset();
  expect(ladder.failures).toBe(0);
  expect([ladder.fail('network', 0), ladder.fail('http', 0)]).toEqual([250, 5_000]);
});
