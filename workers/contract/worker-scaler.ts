// The WorkerScaler: a worker's Deployment, the consumer that it follows, and what came of it. Its CRD is in worker-scaler-crd.ts.
import type { CONDITION_STATES } from './custom-resource.ts';

/** What is scaled for. */
export type Goal =
  | { readonly kind: 'drain'; readonly seconds: number }
  | { readonly kind: 'lag'; readonly perReplica: number };

/** The spec of a WorkerScaler; exactly one of `drainSeconds` and `lagPerReplica` is set. See validateSpec. */
export interface WorkerScalerSpec {
  /** The Deployment that is scaled, in the namespace of the scaler. */
  readonly target: { readonly name: string };
  /** The stream and its durable pull consumer whose lag is followed. */
  readonly stream: string;
  readonly consumer: string;
  /** 0 lets an idle worker sleep; the first pending message wakes it. @default 1 */
  readonly minReplicas?: number;
  readonly maxReplicas: number;
  /** Seconds in which the lag shall be worked off, at the speed that was measured of one replica. */
  readonly drainSeconds?: number;
  /** Messages of lag that one replica is there for; at least the two batches that it holds anyway. */
  readonly lagPerReplica?: number;
  /**
   * Messages that one replica asks for at a time: `max_ack_pending` feeds no more replicas than it holds batches, and until the
   * speed of a replica has been measured it is taken to be there for two batches, which is what it holds.
   */
  readonly batch: number;
  readonly behavior?: { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules };
}

/** How far and how fast one direction may go, as in autoscaling/v2. @default DEFAULT_BEHAVIOR, field by field */
export interface ScalingRules {
  /** Up: the lowest, down: the highest recommendation of so many seconds counts. */
  readonly stabilizationWindowSeconds?: number;
  readonly policies?: readonly ScalingPolicy[];
  /** Which policy counts where several apply: that of the largest change or of the smallest; `Disabled` forbids the direction. */
  readonly selectPolicy?: SelectPolicy;
  /** Fraction of the replicas by which the demand may differ before anything changes; at least 0, less than 1. */
  readonly tolerance?: number;
}

/** At most so many Pods, or so many percent of the Pods that there were, within any period of so many seconds. */
export interface ScalingPolicy {
  readonly type: PolicyType;
  readonly value: number;
  readonly periodSeconds: number;
}

export const POLICY_TYPES = ['Pods', 'Percent'] as const;
export type PolicyType = (typeof POLICY_TYPES)[number];
export const SELECT_POLICIES = ['Max', 'Min', 'Disabled'] as const;
export type SelectPolicy = (typeof SELECT_POLICIES)[number];

export const DEFAULT_MIN_REPLICAS = 1;

/** Longest window and period, as in autoscaling/v2. */
export const MAX_WINDOW_SECONDS = 3_600;
export const MAX_PERIOD_SECONDS = 1_800;

/**
 * Batches that a replica holds: one in work, one to go on with. Less lag than the replicas hold is no reason for another one,
 * which would get nothing of it; and only with more lag than that can their speed be measured.
 */
export const HELD_BATCHES = 2;

/**
 * Up at once, by doubling or four Pods every 5 s, whichever is more: time enough in between to measure the first replicas. Down
 * to the highest that was wanted in the last minute: Pods that were started for a burst are there for the next one.
 */
export const DEFAULT_BEHAVIOR: Readonly<Record<'scaleUp' | 'scaleDown', Required<ScalingRules>>> = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 5 },
      { type: 'Pods', value: 4, periodSeconds: 5 },
    ],
    selectPolicy: 'Max',
    tolerance: 0.1,
  },
  scaleDown: {
    stabilizationWindowSeconds: 60,
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    selectPolicy: 'Max',
    tolerance: 0.1,
  },
};

/** Names of the resource, as RBAC, kubectl and the API server have them. */
export const WORKER_SCALER = {
  group: 'newsjet.io',
  version: 'v1alpha1',
  plural: 'workerscalers',
  kind: 'WorkerScaler',
} as const;

/** Whether the consumer could be read. */
export const READING_STATES = ['known', 'unknown'] as const;

/** Conditions, named like those of the HorizontalPodAutoscaler. */
export const CONDITION_TYPES = ['AbleToScale', 'ScalingActive', 'ScalingLimited'] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** One thing that is so, or not. */
export interface ScalerCondition {
  readonly type: ConditionType;
  readonly status: (typeof CONDITION_STATES)[number];
  /** In one word. */
  readonly reason: string;
  /** For people, with the numbers. */
  readonly message: string;
  /** When `status` last changed, RFC 3339. */
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

/** What the operator says of a WorkerScaler. */
export interface WorkerScalerStatus {
  /** The generation of the spec that all of this is about. */
  readonly observedGeneration?: number;
  /** What the Deployment asked for when it was last looked at. */
  readonly replicas?: number;
  readonly desiredReplicas?: number;
  readonly readyReplicas?: number;
  /** Messages that are pending or in hand; absent while unknown. */
  readonly lag?: number;
  /** Messages per second that one replica acknowledges; absent until measured. */
  readonly ratePerReplica?: number;
  /** RFC 3339. */
  readonly lastScaleTime?: string;
  readonly reading?: (typeof READING_STATES)[number];
  readonly conditions?: readonly ScalerCondition[];
}
