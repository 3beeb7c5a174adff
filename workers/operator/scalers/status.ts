// The status of a WorkerScaler: what it shall say, and whether that is worth a write. Pure.
import type { WorkerScalerStatus } from '../../contract/worker-scaler.ts';
import { lagOf } from '../scaling/reading.ts';
import { conditionsOf, findingsOf, type Situation } from './conditions.ts';

/** What a status is made from. */
export interface Observation extends Situation {
  /** The generation of the spec that was decided by. */
  readonly generation: number;
  /** Of the Deployment; undefined when there is none. */
  readonly replicas: number | undefined;
  readonly readyReplicas: number | undefined;
  /** When the replicas were changed just now. */
  readonly scaledAt?: string | undefined;
}

/** Makes a status from what was observed, and from the one before. Times are RFC 3339. */
export function statusOf(observation: Observation, before: WorkerScalerStatus, now: string): WorkerScalerStatus {
  const { generation, replicas, readyReplicas, decision, reading } = observation;
  const speed = decision?.figures?.speed;
  const lastScaleTime = observation.scaledAt ?? before.lastScaleTime;
  return defined({
    observedGeneration: generation,
    replicas,
    desiredReplicas: decision?.replicas,
    readyReplicas,
    lag: reading.status === 'known' ? lagOf(reading) : undefined,
    // What was measured is still the best that is known while nothing can be read.
    ratePerReplica: speed === undefined ? before.ratePerReplica : Number(speed.toPrecision(3)),
    lastScaleTime,
    reading: reading.status,
    conditions: conditionsOf(findingsOf(observation), before.conditions ?? [], generation, now),
  });
}

/** How much has changed: numbers that move all the time are worth a write only now and then. */
export type Difference = 'none' | 'numbers' | 'visible';

export function compare(before: WorkerScalerStatus, after: WorkerScalerStatus): Difference {
  if (canonical(before) === canonical(after)) return 'none';
  return canonical(essence(before)) === canonical(essence(after)) ? 'numbers' : 'visible';
}

/** Without what moves all the time; whether there is any lag at all is not among it. */
const essence = ({ lag, ratePerReplica, conditions = [], ...rest }: WorkerScalerStatus): object => ({
  ...rest,
  idle: lag === undefined ? undefined : lag === 0,
  measured: ratePerReplica !== undefined,
  conditions: conditions.map(({ message, ...condition }) => condition),
});

/** As JSON with the keys in order: the API server gives them back in its own. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** A merge patch that makes one status the other: what is not there any more is null. */
export function patchOf(before: WorkerScalerStatus, after: WorkerScalerStatus): Record<string, unknown> {
  const gone = Object.keys(before).filter((key) => !(key in after));
  return { ...after, ...Object.fromEntries(gone.map((key) => [key, null])) };
}

/** Leaves out what is undefined. */
const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
