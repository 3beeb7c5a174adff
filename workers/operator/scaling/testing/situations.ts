// Situations of a scaler for tables: what happens, what is decided, why.
import { describe, expect, it } from 'vitest';
import type { WorkerScalerSpec } from '../../../contract/worker-scaler.ts';
import { type Decision, type DecisionInput, decide, type Limit, type Reason } from '../decision.ts';
import { NO_MEASUREMENT } from '../measurement.ts';
import { type Reading, type UnknownCause, unknownReading } from '../reading.ts';
import type { ScalerState } from '../state.ts';
import { NOW_MS, sampleReading, sampleSpec, sampleState } from './samples.ts';

/** What a decision is about, as far as it differs from the samples. */
export interface Situation {
  readonly spec?: Partial<WorkerScalerSpec>;
  readonly reading?: Reading;
  readonly state?: (sample: ScalerState) => ScalerState;
  readonly ready?: number;
}

/** Decides for a worker with so many replicas. */
export function decideIn(replicas: number, { spec, reading, state, ready }: Situation): Decision {
  const sample = sampleState(replicas);
  const input: DecisionInput = {
    spec: sampleSpec(spec),
    reading: reading ?? sampleReading(),
    replicas,
    readyReplicas: ready ?? replicas,
    nowMs: NOW_MS,
    state: state?.(sample) ?? sample,
  };
  return decide(input);
}

export const lag = (pending: number, ackPending = 0): Reading => sampleReading({ pending, ackPending });
export const unknown = (cause: UnknownCause): Reading => unknownReading(NOW_MS, cause, 'why');
export const remembering = (given: Partial<ScalerState>) => (sample: ScalerState) => ({ ...sample, ...given });
export const unmeasured = (sample: ScalerState) => ({ ...sample, measurement: NO_MEASUREMENT });
/** One second ago something was read, and for so many seconds nothing had been acknowledged. */
export const standing = (seconds: number) => (sample: ScalerState) => ({
  ...sample,
  measurement: {
    ...sample.measurement,
    last: sampleReading({ atMs: NOW_MS - 1_000, pending: 9_000, delivered: 1_000 }),
    progressAtMs: NOW_MS - seconds * 1_000,
  },
});

/** What happens, the replicas before, the situation, the replicas after, the reason, and the limit where there is one. */
export type Row = readonly [string, number, Situation, number, Reason, Limit?];

/** Checks a table of situations. */
export function checkTable(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [what, replicas, situation, expected, reason, limitedBy] of rows)
      it(what, () => {
        const decision = decideIn(replicas, situation);
        expect(decision).toMatchObject({ replicas: expected, reason });
        expect(decision.limitedBy).toBe(limitedBy);
      });
  });
}
