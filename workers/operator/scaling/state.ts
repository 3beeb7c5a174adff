// What a scaler remembers from one decision to the next.
import { memoryMs, type Recommendation, type ScaleChange } from './behavior.ts';
import { History } from './history.ts';
import { type Measurement, NO_MEASUREMENT } from './measurement.ts';
import type { Shortfall } from './shortfall.ts';
import type { ResolvedSpec } from './spec.ts';

/** The memory of a scaler; a new leader begins with {@link NO_STATE}, which holds scaling down for a whole window. */
export interface ScalerState {
  readonly measurement: Measurement;
  readonly recommendations: History<Recommendation>;
  readonly changes: History<ScaleChange>;
  readonly shortfalls: History<Shortfall>;
  /** The replicas that the Deployment had at the last decision; undefined before the first. */
  readonly seen: number | undefined;
  /** The replicas that were last decided upon. */
  readonly decided: number | undefined;
}

export const NO_STATE: ScalerState = {
  measurement: NO_MEASUREMENT,
  recommendations: new History(),
  changes: new History(),
  shortfalls: new History(),
  seen: undefined,
  decided: undefined,
};

/**
 * Takes in how many replicas the Deployment has. A change counts once it is seen, whoever made it: a decision that could not be
 * written uses up no policy. What another hand has set, and what was found at the start, is held for a window like a
 * recommendation of ours.
 */
export function observeReplicas(state: ScalerState, replicas: number, spec: ResolvedSpec, atMs: number): ScalerState {
  const { seen, decided } = state;
  if (replicas === seen) return state;
  const changed =
    seen === undefined
      ? state
      : { ...state, changes: append(state, 'changes', { atMs, change: replicas - seen }, spec) };
  return { ...(replicas === decided ? changed : recommend(changed, replicas, spec, atMs)), seen: replicas };
}

/** Remembers what was recommended. */
export const recommend = (state: ScalerState, replicas: number, spec: ResolvedSpec, atMs: number): ScalerState => ({
  ...state,
  recommendations: append(state, 'recommendations', { atMs, replicas }, spec),
});

function append<K extends 'recommendations' | 'changes'>(
  state: ScalerState,
  key: K,
  entry: ScalerState[K]['entries'][number],
  spec: ResolvedSpec,
): ScalerState[K] {
  return (state[key] as History<typeof entry>).append(entry, memoryMs(spec)[key]) as ScalerState[K];
}
