// Between how many replicas a decision may choose, and what sets each bound.
import type { KnownReading } from './reading.ts';
import type { ResolvedSpec } from './spec.ts';

export type Bound = 'minReplicas' | 'maxReplicas' | 'maxAckPending';

/** Replicas within a bound, and the bound that it took. */
export interface Bounded {
  readonly replicas: number;
  readonly by: Bound | undefined;
}

/** Replicas that `max_ack_pending` can keep busy, a batch each, at least one; no limit where the consumer has none. */
export const fedReplicas = ({ maxAckPending }: KnownReading, { batch }: ResolvedSpec): number =>
  maxAckPending === undefined ? Infinity : Math.max(1, Math.ceil(maxAckPending / batch));

/** Brings a number of replicas into the bounds of the spec. */
export function inBounds(replicas: number, { minReplicas, maxReplicas }: ResolvedSpec): Bounded {
  if (replicas < minReplicas) return { replicas: minReplicas, by: 'minReplicas' };
  if (replicas > maxReplicas) return { replicas: maxReplicas, by: 'maxReplicas' };
  return { replicas, by: undefined };
}

/** Brings a wish into all bounds; where they contradict each other the spec's minimum counts, it was asked for. */
export function withinReach(wanted: number, reading: KnownReading, spec: ResolvedSpec): Bounded {
  const fed = fedReplicas(reading, spec);
  const own = inBounds(wanted, spec);
  if (own.replicas <= fed) return own;
  return fed < spec.minReplicas ? inBounds(fed, spec) : { replicas: fed, by: 'maxAckPending' };
}
