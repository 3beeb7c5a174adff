// Names that expressions may ask for.
import { METRICS } from '../../../workers/contract/metrics.ts';
import { NATS_METRICS } from '../../../workers/contract/nats-metrics.ts';
import type { RuleGroups } from '../rule.ts';

/** Metrics that are told in buckets, and can't be asked for by their bare names. */
const HISTOGRAMS = (['batch', 'work', 'fetchDuration', 'storeLatency', 'latency', 'queries'] as const).map(
  (key) => METRICS[key].name,
);

/** Lists the metrics of the contract, and what some rules record. */
export function knownMetrics({ groups }: RuleGroups): Set<string> {
  const names = [...Object.values(METRICS), ...Object.values(NATS_METRICS)].map(({ name }) => name);
  const recorded = groups.flatMap(({ rules }) => rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])));
  return new Set([
    ...names.filter((name) => !HISTOGRAMS.some((histogram) => histogram === name)),
    ...HISTOGRAMS.flatMap((name) => [`${name}_bucket`, `${name}_count`]),
    ...recorded,
  ]);
}
