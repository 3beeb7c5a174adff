// A spec of a WorkerScaler with nothing left open: what is meant where it is silent.
import {
  DEFAULT_BEHAVIOR,
  DEFAULT_MIN_REPLICAS,
  type Goal,
  type ScalingRules,
  type WorkerScalerSpec,
} from '../../contract/worker-scaler.ts';

/** A valid spec with nothing left open. */
export interface ResolvedSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly goal: Goal;
  readonly batch: number;
  readonly scaleUp: Required<ScalingRules>;
  readonly scaleDown: Required<ScalingRules>;
}

/** Fills in the defaults of a spec that validateSpec finds nothing wrong with. */
export function resolveSpec(spec: WorkerScalerSpec): ResolvedSpec {
  return {
    minReplicas: spec.minReplicas ?? DEFAULT_MIN_REPLICAS,
    maxReplicas: spec.maxReplicas,
    goal:
      spec.drainSeconds === undefined
        ? { kind: 'lag', perReplica: spec.lagPerReplica ?? spec.batch }
        : { kind: 'drain', seconds: spec.drainSeconds },
    batch: spec.batch,
    scaleUp: { ...DEFAULT_BEHAVIOR.scaleUp, ...spec.behavior?.scaleUp },
    scaleDown: { ...DEFAULT_BEHAVIOR.scaleDown, ...spec.behavior?.scaleDown },
  };
}
