import { describe, expect, it } from 'vitest';
import type { WorkerScalerStatus } from '../../contract/worker-scaler.ts';
import { decide } from '../scaling/decision.ts';
import { unknownReading } from '../scaling/reading.ts';
import { NO_STATE } from '../scaling/state.ts';
import { NOW_MS, sampleReading, sampleSpec, sampleState } from '../scaling/testing/samples.ts';
import type { Situation } from './conditions.ts';
import { compare, type Observation, patchOf, statusOf } from './status.ts';

const EARLIER = '2026-01-01T00:00:00.000Z';
const NOW = '2026-01-01T00:01:00.000Z';
const READY = { ok: true, reason: 'Ready', message: 'ready' };

/** What is observed of a worker with two replicas of ten and so much lag. */
function observe(pending: number | 'unknown', more: Partial<Observation> = {}): Observation {
  const reading =
    pending === 'unknown' ? unknownReading(NOW_MS, 'missing', 'no such consumer') : sampleReading({ pending });
  const given = { spec: sampleSpec(), reading, replicas: 2, readyReplicas: 2, nowMs: NOW_MS };
  const decision = decide({ ...given, state: pending === 'unknown' ? NO_STATE : sampleState(2) });
  return { generation: 3, reading, replicas: 2, readyReplicas: 2, decision, ability: READY, ...more };
}
const conditions = (status: WorkerScalerStatus): unknown[] =>
  (status.conditions ?? []).map(({ type, status: state, reason }) => [type, state, reason]);

describe('statusOf', () => {
  it('shows what was read and decided', () => {
    const status = statusOf(observe(90_000), {}, NOW);
    expect(status).toMatchObject({
      observedGeneration: 3,
      replicas: 2,
      readyReplicas: 2,
      lag: 90_000,
      reading: 'known',
    });
    expect(status.ratePerReplica).toBe(300);
    expect(status.desiredReplicas).toBe(6);
    expect(conditions(status)).toEqual([
      ['AbleToScale', 'True', 'Ready'],
      ['ScalingActive', 'True', 'AboveTarget'],
      ['ScalingLimited', 'True', 'ScaleUpPolicy'],
    ]);
    for (const { lastTransitionTime, observedGeneration } of status.conditions ?? []) {
      expect([lastTransitionTime, observedGeneration]).toEqual([NOW, 3]);
    }
  });

  it('shows no lag rather than 0 or an old one while nothing is known, and still the speed that was measured', () => {
    const before = statusOf(observe(600), {}, EARLIER);
    const status = statusOf(observe('unknown'), before, NOW);
    expect(status).not.toHaveProperty('lag');
    expect(status).toMatchObject({ reading: 'unknown', desiredReplicas: 2, ratePerReplica: 300 });
    expect(conditions(status)).toContainEqual(['ScalingActive', 'False', 'ConsumerMissing']);
    expect(patchOf(before, status)).toMatchObject({ lag: null, reading: 'unknown' });
  });

  it.each([
    ['failed', 'ReadingFailed'],
    ['missing', 'ConsumerMissing'],
    ['paused', 'ConsumerPaused'],
    ['late', 'ReadingLate'],
    ['leaderless', 'ConsumerLeaderless'],
  ] as const)('says of a reading that is unknown because it %s: %s', (cause, reason) => {
    const observation = { ...observe('unknown'), reading: unknownReading(NOW_MS, cause, 'why') };
    expect(conditions(statusOf(observation, {}, NOW))).toContainEqual(['ScalingActive', 'False', reason]);
  });

  it('keeps when a condition last changed its status, and no longer', () => {
    const before = statusOf(observe(600), {}, EARLIER);
    const times = (status: WorkerScalerStatus) => (status.conditions ?? []).map((each) => each.lastTransitionTime);
    // Another reason, the same status.
    expect(times(statusOf(observe(90_000), before, NOW))).toEqual([EARLIER, EARLIER, NOW]);
    expect(times(statusOf(observe('unknown'), before, NOW))).toEqual([EARLIER, NOW, EARLIER]);
  });

  it('keeps when the replicas were last changed', () => {
    const before = statusOf(observe(600, { scaledAt: EARLIER }), {}, EARLIER);
    expect(statusOf(observe(600), before, NOW).lastScaleTime).toBe(EARLIER);
    expect(statusOf(observe(600, { scaledAt: NOW }), before, NOW).lastScaleTime).toBe(NOW);
  });

  it('says what is missing where there is nothing to decide about', () => {
    const ability = { ok: false, reason: 'DeploymentMissing', message: 'there is none' };
    const situation: Situation = { ability, reading: sampleReading(), decision: undefined };
    const status = statusOf({ ...situation, generation: 1, replicas: undefined, readyReplicas: undefined }, {}, NOW);
    expect(conditions(status)).toEqual([
      ['AbleToScale', 'False', 'DeploymentMissing'],
      ['ScalingActive', 'False', 'NothingToScale'],
      ['ScalingLimited', 'False', 'WithinLimits'],
    ]);
    expect(status).not.toHaveProperty('desiredReplicas');
  });
});

describe('compare', () => {
  const before = statusOf(observe(600), {}, EARLIER);

  it('tells numbers that move all the time from what is worth a write', () => {
    expect(compare(before, statusOf(observe(600), before, NOW))).toBe('none');
    expect(compare(before, statusOf(observe(601), before, NOW))).toBe('numbers');
    expect(compare(before, statusOf(observe(0), before, NOW))).toBe('visible');
    expect(compare(before, statusOf(observe('unknown'), before, NOW))).toBe('visible');
    expect(compare(before, statusOf(observe(600, { readyReplicas: 1 }), before, NOW))).toBe('visible');
    expect(compare(before, statusOf(observe(600, { generation: 4 }), before, NOW))).toBe('visible');
    expect(compare(before, statusOf(observe(600, { scaledAt: NOW }), before, NOW))).toBe('visible');
  });

  it('takes no other order of the fields for a change', () => {
    const reordered = Object.fromEntries(Object.entries(structuredClone(before)).reverse()) as WorkerScalerStatus;
    expect(compare(before, reordered)).toBe('none');
  });
});
