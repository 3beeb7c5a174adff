// What a decision says and what it remembers.
import { describe, expect, it } from 'vitest';
import { History } from './history.ts';
import { NOW_MS, sampleReading } from './testing/samples.ts';
import { decideIn, lag, remembering, type Situation, standing, unknown, unmeasured } from './testing/situations.ts';

describe('what a decision says', () => {
  it.each([
    [
      1,
      { reading: lag(90_000) },
      '90000 messages (90000 pending, 0 in hand), 0/s arriving, 300/s by one replica: 10 replicas wanted, 5 decided; limited by scaleUpPolicy',
    ],
    [
      0,
      { reading: lag(1), spec: { minReplicas: 0 }, state: unmeasured },
      '1 message (1 pending, 0 in hand), 0/s arriving, the speed of a replica not measured yet: 1 replica wanted, 1 decided',
    ],
    [4, { reading: unknown('missing') }, 'missing: why; the replicas stay as they are'],
    [
      4,
      { reading: sampleReading({ atMs: NOW_MS - 6_000 }) },
      'late: the last reading is 6 s old; the replicas stay as they are',
    ],
    [25, {}, '25 replicas, maxReplicas is 10'],
    [
      2,
      { reading: lag(9_000), state: standing(40), ready: 0 },
      'nothing was acknowledged for 40 s, no replica is ready: 9000 messages (9000 pending, 0 in hand), 0/s arriving, 300/s by one replica',
    ],
    [
      2,
      { spec: { maxReplicas: 0, batch: 0 } },
      'maxReplicas is 0; allowed: a whole number, at least 1; minReplicas is 1, more than maxReplicas, which is 0; batch is 0; allowed: a whole number, at least 1',
    ],
  ] as const)('to %i replicas', (replicas, situation: Situation, message) => {
    expect(decideIn(replicas, situation).message).toBe(message);
  });
});

describe('what a decision remembers', () => {
  it('counts changes when they are seen, so that what could not be written uses up no policy', () => {
    const reading = lag(90_000);
    const first = decideIn(1, { reading });
    const again = decideIn(1, { reading, state: () => first.state });
    expect(again.replicas).toBe(5);
    expect(again.state.changes.entries).toEqual([]);
    const then = decideIn(5, { reading, state: () => again.state });
    expect(then.state.changes.entries).toEqual([{ atMs: NOW_MS, change: 4 }]);
  });

  it('holds after unknown readings for a window: nobody knows how low the lag was', () => {
    const held = decideIn(6, { reading: unknown('failed') });
    expect(decideIn(6, { reading: lag(1), state: () => held.state })).toMatchObject({ replicas: 6 });
  });

  it('does not go back to what was too few for the same load', () => {
    const state = remembering({ shortfalls: new History([{ atMs: NOW_MS - 600_000, replicas: 3, arrivals: 0 }]) });
    expect(decideIn(6, { reading: lag(9_000), state })).toMatchObject({ replicas: 4 });
  });
});
