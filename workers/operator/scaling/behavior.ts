// How far a recommendation may be followed: stabilisation windows and policies, as the HorizontalPodAutoscaler has them.

import type { ScalingPolicy, ScalingRules } from '../../contract/worker-scaler.ts';
import type { History, Timed } from './history.ts';
import type { ResolvedSpec } from './spec.ts';

/** Replicas that were wanted at a time. */
export interface Recommendation extends Timed {
  readonly replicas: number;
}

/** Replicas that were added, or removed when negative. */
export interface ScaleChange extends Timed {
  readonly change: number;
}

/**
 * Up to the lowest that was recommended in the window of scaling up, down to the highest in that of scaling down.
 * @param recommendations those of before, without the present one
 */
export function stabilize(
  wanted: number,
  current: number,
  recommendations: History<Recommendation>,
  spec: ResolvedSpec,
  nowMs: number,
): number {
  const recent = ({ stabilizationWindowSeconds }: Required<ScalingRules>): number[] => [
    wanted,
    ...recommendations.within(stabilizationWindowSeconds * 1_000, nowMs).map(({ replicas }) => replicas),
  ];
  const lowest = Math.min(...recent(spec.scaleUp));
  const highest = Math.max(...recent(spec.scaleDown));
  return Math.min(Math.max(current, lowest), highest);
}

/** The most and the fewest replicas that the policies allow now; `current` is always allowed. */
export function policyLimits(
  current: number,
  changes: History<ScaleChange>,
  spec: ResolvedSpec,
  nowMs: number,
): { readonly fewest: number; readonly most: number } {
  const allowed = (
    { policies, selectPolicy }: Required<ScalingRules>,
    limit: (policy: ScalingPolicy, atStart: number) => number,
  ): number[] =>
    selectPolicy === 'Disabled'
      ? [current]
      : policies.map((policy) => {
          const recent = changes.within(policy.periodSeconds * 1_000, nowMs);
          return limit(policy, current - recent.reduce((sum, { change }) => sum + change, 0));
        });
  const up = allowed(spec.scaleUp, ({ type, value }, atStart) =>
    type === 'Pods' ? atStart + value : Math.ceil(atStart * (1 + value / 100)),
  );
  const down = allowed(spec.scaleDown, ({ type, value }, atStart) =>
    type === 'Pods' ? atStart - value : Math.trunc(atStart * (1 - value / 100)),
  );
  const most = spec.scaleUp.selectPolicy === 'Min' ? Math.min(...up) : Math.max(...up);
  const fewest = spec.scaleDown.selectPolicy === 'Min' ? Math.max(...down) : Math.min(...down);
  return { fewest: Math.min(current, Math.max(0, fewest)), most: Math.max(current, most) };
}

/** How long recommendations and changes are needed. */
export function memoryMs({ scaleUp, scaleDown }: ResolvedSpec): { recommendations: number; changes: number } {
  const rules = [scaleUp, scaleDown];
  return {
    recommendations: 1_000 * Math.max(...rules.map((rule) => rule.stabilizationWindowSeconds)),
    changes: 1_000 * Math.max(...rules.flatMap(({ policies }) => policies.map(({ periodSeconds }) => periodSeconds))),
  };
}
