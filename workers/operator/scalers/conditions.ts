// What is said of a scaler in its conditions. Pure.
import { CONDITION_TYPES, type ConditionType, type ScalerCondition } from '../../contract/worker-scaler.ts';
import type { Decision, Limit } from '../scaling/decision.ts';
import type { Reading, UnknownCause } from '../scaling/reading.ts';

/** Whether the scale of the Deployment can be read and written. */
export interface Ability {
  readonly ok: boolean;
  readonly reason: string;
  readonly message: string;
}

/** What conditions are made from; without a decision there was nothing to decide about. */
export interface Situation {
  readonly ability: Ability;
  readonly reading: Reading;
  readonly decision: Decision | undefined;
}

/** A condition without what depends on those before. */
export type Finding = Pick<ScalerCondition, 'status' | 'reason' | 'message'>;

const UNKNOWN_REASONS: Readonly<Record<UnknownCause, string>> = {
  failed: 'ReadingFailed',
  missing: 'ConsumerMissing',
  paused: 'ConsumerPaused',
  late: 'ReadingLate',
  leaderless: 'ConsumerLeaderless',
};

const LIMIT_REASONS: Readonly<Record<Limit, string>> = {
  minReplicas: 'MinReplicas',
  maxReplicas: 'MaxReplicas',
  maxAckPending: 'MaxAckPending',
  scaleUpStabilization: 'ScaleUpStabilized',
  scaleDownStabilization: 'ScaleDownStabilized',
  scaleUpPolicy: 'ScaleUpPolicy',
  scaleDownPolicy: 'ScaleDownPolicy',
};

/** Judges a situation. */
export function findingsOf({ ability, reading, decision }: Situation): Record<ConditionType, Finding> {
  return {
    AbleToScale: { status: ability.ok ? 'True' : 'False', reason: ability.reason, message: ability.message },
    ScalingActive: activity(reading, decision),
    ScalingLimited: limitation(decision),
  };
}

function activity(reading: Reading, decision: Decision | undefined): Finding {
  if (!decision)
    return { status: 'False', reason: 'NothingToScale', message: 'there is no Deployment to decide about' };
  const { reason, message } = decision;
  if (reason === 'InvalidSpec') return { status: 'False', reason, message };
  // Also where the replicas are out of bounds, which is mended without any reading.
  if (reading.status === 'unknown')
    return {
      status: 'False',
      reason: UNKNOWN_REASONS[reading.cause],
      message: reason === 'ReadingUnknown' ? message : `${reading.cause}: ${reading.reason}; ${message}`,
    };
  return { status: 'True', reason, message };
}

function limitation(decision: Decision | undefined): Finding {
  if (!decision?.limitedBy)
    return { status: 'False', reason: 'WithinLimits', message: 'what is wanted is what was decided' };
  return {
    status: 'True',
    reason: LIMIT_REASONS[decision.limitedBy],
    message: `${decision.limitedBy} keeps the worker at ${decision.replicas}: ${decision.message}`,
  };
}

/** Conditions in their order, each with the time at which its status was last another. */
export const conditionsOf = (
  findings: Readonly<Record<ConditionType, Finding>>,
  before: readonly ScalerCondition[],
  observedGeneration: number,
  now: string,
): ScalerCondition[] =>
  CONDITION_TYPES.map((type) => {
    const finding = findings[type];
    const earlier = before.find((condition) => condition.type === type);
    const lastTransitionTime = earlier?.status === finding.status ? earlier.lastTransitionTime : now;
    return { type, ...finding, lastTransitionTime, observedGeneration };
  });
