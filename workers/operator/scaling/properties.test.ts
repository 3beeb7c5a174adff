// What holds for every decision, whatever the scaler has lived through.
import { expect, it } from 'vitest';
import { decide } from './decision.ts';
import { resolveSpec } from './spec.ts';
import { type Life, randomLife, randomUnknown } from './testing/histories.ts';
import { forSeeds } from './testing/random.ts';
import { validateSpec } from './validation.ts';

const LIVES = 500;

const boundsOf = ({ spec }: Life) => resolveSpec(spec);
const clamped = (life: Life): number => {
  const { minReplicas, maxReplicas } = boundsOf(life);
  return Math.min(Math.max(life.replicas, minReplicas), maxReplicas);
};

it('is always within the bounds', () => {
  forSeeds(LIVES, (random) => {
    const life = randomLife(random);
    expect(validateSpec(life.spec)).toEqual([]);
    const { replicas } = decide(life);
    expect(replicas).toBeGreaterThanOrEqual(boundsOf(life).minReplicas);
    expect(replicas).toBeLessThanOrEqual(boundsOf(life).maxReplicas);
    expect(Number.isInteger(replicas)).toBe(true);
  });
});

it('never falls when there is more lag and all else is equal', () => {
  let differed = 0;
  forSeeds(LIVES, (random) => {
    const life = randomLife(random);
    const lags = Array.from({ length: 8 }, () => random.whole(0, random.pick([2, 1_000, 200_000]))).sort(
      (a, b) => a - b,
    );
    const decided = [0, ...lags].map((pending) => decide({ ...life, reading: { ...life.reading, pending } }).replicas);
    expect(decided, `replicas for a lag of 0, ${lags}`).toEqual([...decided].sort((a, b) => a - b));
    if (new Set(decided).size > 1) differed += 1;
  });
  expect(differed).toBeGreaterThan(LIVES / 20);
});

it('holds when the reading is unknown, whatever was before', () => {
  forSeeds(LIVES, (random) => {
    const life = randomLife(random);
    expect(decide({ ...life, reading: randomUnknown(random, life.nowMs) }).replicas).toBe(clamped(life));
  });
});

it('adds no replicas that max_ack_pending could not feed', () => {
  forSeeds(LIVES, (random) => {
    const life = randomLife(random);
    const { maxAckPending = Infinity } = life.reading;
    const fed = Math.max(1, Math.ceil(maxAckPending / life.spec.batch), boundsOf(life).minReplicas);
    expect(decide(life).replicas).toBeLessThanOrEqual(Math.max(clamped(life), fed));
  });
});

it('sleeps only after a whole window without anything pending or in hand', () => {
  let slept = 0;
  forSeeds(300, (random) => {
    const life = randomLife(random);
    let { state, replicas, reading, nowMs } = life;
    const spec = { ...life.spec, minReplicas: 0, behavior: {} };
    let lastWorkMs = -Infinity;
    for (let tick = 0; tick < 200; tick += 1) {
      nowMs += 1_000;
      const work = random.chance(0.02) ? 1 : 0;
      const inHand = random.chance(0.5);
      reading = { ...reading, atMs: nowMs, pending: inHand ? 0 : work, ackPending: inHand ? work : 0 };
      if (work > 0) lastWorkMs = nowMs;
      const decision = decide({ spec, reading, replicas, readyReplicas: replicas, nowMs, state });
      if (replicas > 0 && decision.replicas === 0) {
        slept += 1;
        expect(nowMs - lastWorkMs).toBeGreaterThanOrEqual(60_000);
      }
      ({ state, replicas } = decision);
    }
  });
  expect(slept).toBeGreaterThan(100);
});

it('wakes at the first pending message', () => {
  forSeeds(LIVES, (random) => {
    const life = randomLife(random);
    const { replicas } = decide({ ...life, replicas: 0, readyReplicas: 0, reading: { ...life.reading, pending: 1 } });
    expect(replicas).toBeGreaterThanOrEqual(1);
  });
});

it('depends on what it is given alone, and leaves that as it is', () => {
  forSeeds(200, (random) => {
    const life = randomLife(random);
    const before = structuredClone(life);
    const decision = decide(life);
    expect(decide(life)).toEqual(decision);
    expect(structuredClone(life)).toEqual(before);
  });
});

it('remembers no more than it needs', () => {
  forSeeds(100, (random) => {
    const { state } = randomLife(random);
    expect(state.recommendations.entries.length).toBeLessThanOrEqual(62);
    expect(state.changes.entries.length).toBeLessThanOrEqual(62);
    expect(state.measurement.flow.entries.length).toBeLessThanOrEqual(38);
  });
});
