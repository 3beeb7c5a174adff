// What is wrong with the spec of a WorkerScaler: everything at once, each with its path, its value and what is allowed.
import {
  DEFAULT_MIN_REPLICAS,
  HELD_BATCHES,
  MAX_PERIOD_SECONDS,
  MAX_WINDOW_SECONDS,
  POLICY_TYPES,
  type ScalingRules,
  SELECT_POLICIES,
  type WorkerScalerSpec,
} from '../../contract/worker-scaler.ts';

const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
/** JetStream refuses these in names of streams and consumers: they would break the subjects of its API. */
const STREAM_NAME = /^[^\s.*>/\\]+$/;

/** Lists all that is wrong with a spec whose fields have the types that the CRD's schema demands; empty when it can be used. */
export function validateSpec(spec: WorkerScalerSpec): string[] {
  const problems: string[] = [];
  const check = (valid: boolean, path: string, value: unknown, allowed: string): void => {
    if (!valid) problems.push(`${path} is ${JSON.stringify(value) ?? 'missing'}; allowed: ${allowed}`);
  };
  const whole = (path: string, value: number, min: number, max = Infinity): void => {
    const allowed = max === Infinity ? `a whole number, at least ${min}` : `a whole number from ${min} to ${max}`;
    check(Number.isInteger(value) && value >= min && value <= max, path, value, allowed);
  };

  const { target, stream, consumer, maxReplicas, drainSeconds, lagPerReplica, batch, behavior } = spec;
  const minReplicas = spec.minReplicas ?? DEFAULT_MIN_REPLICAS;
  check(OBJECT_NAME.test(target.name), 'target.name', target.name, 'the name of a Deployment');
  check(STREAM_NAME.test(stream), 'stream', stream, 'the name of a stream');
  check(STREAM_NAME.test(consumer), 'consumer', consumer, 'the name of a durable consumer');
  whole('minReplicas', minReplicas, 0);
  whole('maxReplicas', maxReplicas, 1);
  if (minReplicas > maxReplicas)
    problems.push(`minReplicas is ${minReplicas}, more than maxReplicas, which is ${maxReplicas}`);
  whole('batch', batch, 1);
  if ((drainSeconds === undefined) === (lagPerReplica === undefined)) {
    const found = drainSeconds === undefined ? 'neither' : 'both';
    problems.push(`${found} of drainSeconds and lagPerReplica is set; allowed: exactly one`);
  }
  if (drainSeconds !== undefined) whole('drainSeconds', drainSeconds, 1);
  if (lagPerReplica !== undefined) whole('lagPerReplica', lagPerReplica, 1);
  if (lagPerReplica !== undefined && lagPerReplica < HELD_BATCHES * batch) {
    const held = `${HELD_BATCHES} batches of ${batch}`;
    problems.push(
      `lagPerReplica is ${lagPerReplica}, less than the ${held} that a replica holds: others would get nothing`,
    );
  }
  if (minReplicas === 0 && behavior?.scaleUp?.selectPolicy === 'Disabled')
    problems.push('behavior.scaleUp.selectPolicy is "Disabled" with minReplicas 0: nothing could wake the worker');

  const rules = (path: string, given: ScalingRules | undefined): void => {
    const { stabilizationWindowSeconds, policies, selectPolicy, tolerance } = given ?? {};
    if (stabilizationWindowSeconds !== undefined)
      whole(`${path}.stabilizationWindowSeconds`, stabilizationWindowSeconds, 0, MAX_WINDOW_SECONDS);
    if (selectPolicy !== undefined)
      check(SELECT_POLICIES.includes(selectPolicy), `${path}.selectPolicy`, selectPolicy, SELECT_POLICIES.join(', '));
    if (tolerance !== undefined)
      check(tolerance >= 0 && tolerance < 1, `${path}.tolerance`, tolerance, 'at least 0, less than 1');
    if (policies?.length === 0)
      problems.push(`${path}.policies is empty; allowed: one or more policies, or none given`);
    for (const [index, { type, value, periodSeconds }] of (policies ?? []).entries()) {
      const at = `${path}.policies[${index}]`;
      check(POLICY_TYPES.includes(type), `${at}.type`, type, POLICY_TYPES.join(', '));
      whole(`${at}.value`, value, 1);
      whole(`${at}.periodSeconds`, periodSeconds, 1, MAX_PERIOD_SECONDS);
    }
  };
  rules('behavior.scaleUp', behavior?.scaleUp);
  rules('behavior.scaleDown', behavior?.scaleDown);
  return problems;
}
