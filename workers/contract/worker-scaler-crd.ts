// The CRD of WorkerScalers: every field with its description, everything that is wrong refused by the API server itself.
import { choice, column, conditions, count, customResourceDefinition, type Schema, time } from './custom-resource.ts';
import {
  CONDITION_TYPES,
  DEFAULT_BEHAVIOR,
  DEFAULT_MIN_REPLICAS,
  HELD_BATCHES,
  MAX_PERIOD_SECONDS,
  MAX_WINDOW_SECONDS,
  POLICY_TYPES,
  READING_STATES,
  SELECT_POLICIES,
  WORKER_SCALER,
} from './worker-scaler.ts';

const MAX_POLICIES = 10;

/** As JetStream allows: anything else would break the subjects of its API. */
const jetStreamName = (description: string): Schema => ({
  ...{ type: 'string', description, minLength: 1, maxLength: 255 },
  pattern: '^[^\\s.*>/\\\\]+$',
});

const POLICY: Schema = {
  type: 'object',
  description: 'One limit: at most so many Pods, or so many percent of the Pods that there were, in any period.',
  required: ['type', 'value', 'periodSeconds'],
  properties: {
    type: choice('Whether value counts Pods or percent of the Pods at the start of the period.', POLICY_TYPES),
    value: count('How many Pods, or how many percent, may change within the period.', 1),
    periodSeconds: count('Length of the period in seconds.', 1, { maximum: MAX_PERIOD_SECONDS }),
  },
};

/** The rules of a direction; what is said of defaults is read from the defaults themselves. */
function rules(direction: keyof typeof DEFAULT_BEHAVIOR): Schema {
  const { stabilizationWindowSeconds, policies, selectPolicy, tolerance } = DEFAULT_BEHAVIOR[direction];
  const [way, extreme] = direction === 'scaleUp' ? ['up', 'lowest'] : ['down', 'highest'];
  const unit = { Pods: ' Pods', Percent: '%' };
  const shown = policies.map(({ type, value, periodSeconds }) => `${value}${unit[type]} every ${periodSeconds} s`);
  return {
    type: 'object',
    description: `How far and how fast the worker is scaled ${way}; each field that is left out has a default of its own.`,
    properties: {
      stabilizationWindowSeconds: count(
        `The ${extreme} number of replicas that was recommended in so many seconds is what counts. Default: ${stabilizationWindowSeconds}.`,
        0,
        { maximum: MAX_WINDOW_SECONDS },
      ),
      policies: {
        type: 'array',
        description: `Limits on the change. Default: ${shown.join(' or ')}.`,
        items: POLICY,
        minItems: 1,
        maxItems: MAX_POLICIES,
        'x-kubernetes-list-type': 'atomic',
      },
      selectPolicy: choice(
        `Which policy counts: the one that allows the largest change (Max) or the smallest (Min); Disabled never scales ${way}. Default: ${selectPolicy}.`,
        SELECT_POLICIES,
      ),
      tolerance: {
        type: 'number',
        format: 'double',
        description: `Fraction of the replicas by which the demand may differ before anything changes. Default: ${tolerance}.`,
        minimum: 0,
        maximum: 1,
        exclusiveMaximum: true,
      },
    },
  };
}

const SPEC: Schema = {
  type: 'object',
  description: 'What is scaled, on what, and between how many replicas.',
  required: ['target', 'stream', 'consumer', 'maxReplicas', 'batch'],
  properties: {
    target: {
      type: 'object',
      description: 'The Deployment that is scaled.',
      required: ['name'],
      properties: {
        name: {
          type: 'string',
          description: 'Name of the Deployment, in the namespace of this object. Only its scale is ever written.',
          minLength: 1,
          maxLength: 253,
          pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
        },
      },
    },
    stream: jetStreamName('The JetStream stream that the worker works off.'),
    consumer: jetStreamName('The durable pull consumer of the worker on that stream; its lag is what is followed.'),
    minReplicas: count(
      'The fewest replicas. With 0 an idle worker sleeps, and the first pending message wakes it.',
      0,
      {
        default: DEFAULT_MIN_REPLICAS,
      },
    ),
    maxReplicas: count('The most replicas. There are never more than max_ack_pending of the consumer can feed.', 1),
    drainSeconds: count(
      'Asks for as many replicas as work off the lag in so many seconds, at the speed that is measured of one replica. Set this or lagPerReplica.',
      1,
    ),
    lagPerReplica: count(
      `Asks for a replica for every so many messages of lag, at least ${HELD_BATCHES} batches. Set this or drainSeconds.`,
      1,
    ),
    batch: count(
      `Messages that one replica asks for at a time. A replica holds ${HELD_BATCHES} batches: less lag than that is no reason for another.`,
      1,
    ),
    behavior: {
      type: 'object',
      description: 'How far and how fast, like the behavior of a HorizontalPodAutoscaler.',
      properties: { scaleUp: rules('scaleUp'), scaleDown: rules('scaleDown') },
    },
  },
  'x-kubernetes-validations': [
    {
      rule: 'has(self.drainSeconds) != has(self.lagPerReplica)',
      message: 'set exactly one of drainSeconds and lagPerReplica',
    },
    {
      rule: `(has(self.minReplicas) ? self.minReplicas : ${DEFAULT_MIN_REPLICAS}) <= self.maxReplicas`,
      message: 'minReplicas must not be more than maxReplicas',
    },
    {
      rule: `!has(self.lagPerReplica) || self.lagPerReplica >= ${HELD_BATCHES} * self.batch`,
      message: `lagPerReplica must be at least ${HELD_BATCHES} batches, which is what a replica holds: others would get nothing`,
    },
    {
      rule: "!has(self.minReplicas) || self.minReplicas > 0 || !has(self.behavior) || !has(self.behavior.scaleUp) || !has(self.behavior.scaleUp.selectPolicy) || self.behavior.scaleUp.selectPolicy != 'Disabled'",
      message: 'behavior.scaleUp.selectPolicy must not be Disabled with minReplicas 0: nothing could wake the worker',
    },
  ],
};

const STATUS: Schema = {
  type: 'object',
  description: 'What the operator last saw and decided; written by the operator alone.',
  properties: {
    observedGeneration: count('The generation of the spec that the status is about.', 0, { format: 'int64' }),
    replicas: count('Replicas that the Deployment asked for when it was last looked at.', 0),
    desiredReplicas: count('Replicas that were last decided upon.', 0),
    readyReplicas: count('Replicas of the Deployment that are ready.', 0),
    lag: count('Messages that are pending or in hand; absent while that is unknown, never 0 instead.', 0, {
      format: 'int64',
    }),
    ratePerReplica: {
      type: 'number',
      format: 'double',
      description: 'Messages per second that one replica acknowledges while it has work; absent until measured.',
      minimum: 0,
    },
    lastScaleTime: time('When the replicas were last changed by the operator.'),
    reading: choice(
      'Whether the consumer could be read; while it is unknown, replicas are held and ScalingActive says why.',
      READING_STATES,
    ),
    conditions: conditions(
      'AbleToScale, ScalingActive and ScalingLimited, as a HorizontalPodAutoscaler has them.',
      CONDITION_TYPES,
      'AbleToScale: the scale of the Deployment can be read and written. ScalingActive: replicas follow the lag. ScalingLimited: a limit keeps them from what is wanted.',
    ),
  },
};

/** The schema of a whole WorkerScaler; the API server knows metadata by itself. */
const WORKER_SCALER_SCHEMA: Schema = {
  type: 'object',
  description: 'Scales the Deployment of a worker on the lag of its JetStream pull consumer.',
  required: ['spec'],
  properties: { spec: SPEC, status: STATUS },
};

/** The CustomResourceDefinition, as it is applied. */
export const WORKER_SCALER_CRD = customResourceDefinition({
  names: WORKER_SCALER,
  shortName: 'ws',
  schema: WORKER_SCALER_SCHEMA,
  columns: [
    column('Deployment', 'string', '.spec.target.name', 'What is scaled'),
    column('Consumer', 'string', '.spec.consumer', 'Whose lag is followed'),
    column('Lag', 'integer', '.status.lag', 'Messages pending or in hand; empty while unknown'),
    column('Min', 'integer', '.spec.minReplicas', 'The fewest replicas'),
    column('Max', 'integer', '.spec.maxReplicas', 'The most replicas'),
    column('Desired', 'integer', '.status.desiredReplicas', 'Replicas that were decided upon'),
    column('Ready', 'integer', '.status.readyReplicas', 'Replicas that are ready'),
    column(
      'Reason',
      'string',
      '.status.conditions[?(@.type=="ScalingActive")].reason',
      'Why there are as many as there are',
    ),
    column('Age', 'date', '.metadata.creationTimestamp', 'Since when the scaler exists'),
  ],
});
