// Arbitrary specs, readings and histories of a scaler, from a seed.

import {
  POLICY_TYPES,
  type ScalingRules,
  SELECT_POLICIES,
  type WorkerScalerSpec,
} from '../../../contract/worker-scaler.ts';
import { decide } from '../decision.ts';
import { type KnownReading, type Reading, type UnknownCause, unknownReading } from '../reading.ts';
import { NO_STATE, type ScalerState } from '../state.ts';
import type { Random } from './random.ts';
import { NOW_MS, sampleReading, sampleSpec } from './samples.ts';

const CAUSES: readonly UnknownCause[] = ['failed', 'missing', 'paused', 'late', 'leaderless'];

function randomRules(random: Random): ScalingRules {
  return {
    stabilizationWindowSeconds: random.pick([0, 1, 10, 60]),
    tolerance: random.pick([0, 0.1, 0.5]),
    policies: Array.from({ length: random.whole(1, 3) }, () => ({
      type: random.pick(POLICY_TYPES),
      value: random.whole(1, 100),
      periodSeconds: random.whole(1, 60),
    })),
    selectPolicy: random.pick(SELECT_POLICIES),
  };
}

/** A valid spec. */
export function randomSpec(random: Random): WorkerScalerSpec {
  const batch = random.whole(1, 1_000);
  const scaleUp = randomRules(random);
  const minReplicas = random.whole(scaleUp.selectPolicy === 'Disabled' ? 1 : 0, 5);
  return sampleSpec({
    batch,
    minReplicas,
    maxReplicas: minReplicas + random.whole(minReplicas === 0 ? 1 : 0, 30),
    ...(random.chance(0.5) ? { lagPerReplica: batch * random.whole(2, 10) } : { drainSeconds: random.whole(1, 300) }),
    ...(random.chance(0.5) ? { behavior: { scaleUp, scaleDown: randomRules(random) } } : {}),
  });
}

/** A scaler somewhere in its life. */
export interface Life {
  readonly spec: WorkerScalerSpec;
  readonly state: ScalerState;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly reading: KnownReading;
  readonly nowMs: number;
}

export const randomUnknown = (random: Random, atMs: number): Reading =>
  unknownReading(atMs, random.pick(CAUSES), 'as it happens');

/** What a scaler has lived through: work, idleness, gaps, consumers made anew, and other hands on its Deployment. */
export function randomLife(random: Random): Life {
  const spec = randomSpec(random);
  let state = NO_STATE;
  let nowMs = NOW_MS;
  let replicas = random.whole(0, 40);
  let reading = sampleReading({ maxAckPending: random.pick([undefined, 1, 100, 5_000]) });
  for (let tick = random.whole(0, 120); tick > 0; tick -= 1) {
    nowMs += random.chance(0.05) ? random.whole(1, 90_000) : 1_000;
    reading = nextReading(random, reading, nowMs);
    const readyReplicas = random.whole(0, replicas);
    const seen = random.chance(0.1) ? randomUnknown(random, nowMs) : reading;
    const decision = decide({ spec, reading: seen, replicas, readyReplicas, nowMs, state });
    state = decision.state;
    if (random.chance(0.9)) replicas = decision.replicas;
    if (random.chance(0.02)) replicas = random.whole(0, 40);
  }
  nowMs += 1_000;
  return { spec, state, replicas, readyReplicas: replicas, reading: nextReading(random, reading, nowMs), nowMs };
}

function nextReading(random: Random, before: KnownReading, atMs: number): KnownReading {
  if (random.chance(0.02))
    return {
      ...before,
      atMs,
      createdAtMs: atMs,
      pending: 5_000,
      ackPending: 0,
      redelivered: 0,
      delivered: 0,
      deliveredSequence: 0,
      ackFloor: 0,
    };
  const pending = random.chance(0.3) ? 0 : random.whole(0, random.pick([1, 100, 100_000]));
  const delivered = before.delivered + (random.chance(0.3) ? 0 : random.whole(0, 5_000));
  const ackPending = random.chance(0.3) ? 0 : random.whole(0, Math.min(2_000, delivered));
  return {
    ...{ ...before, atMs, pending, delivered, ackPending },
    redelivered: random.chance(0.8) ? 0 : random.whole(0, ackPending),
    ackFloor: Math.max(before.ackFloor, delivered - ackPending),
    waiting: random.whole(0, 1),
  };
}
