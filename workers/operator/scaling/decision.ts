// How many replicas a worker shall have now, and why. Pure: time, readings and memory come in, a decision and memory go out.

import type { WorkerScalerSpec } from '../../contract/worker-scaler.ts';
import { policyLimits, stabilize } from './behavior.ts';
import { type Bound, inBounds, withinReach } from './bounds.ts';
import { demandOf, type Figures, figuresOf, replicasFor } from './demand.ts';
import { describeWork, secondsOf } from './explanation.ts';
import { measure, standstillMs } from './measurement.ts';
import { perSecond } from './rate.ts';
import { freshReading, type KnownReading, type Reading } from './reading.ts';
import { fewestEnough, noteShortfall } from './shortfall.ts';
import { type ResolvedSpec, resolveSpec } from './spec.ts';
import { observeReplicas, recommend, type ScalerState } from './state.ts';
import { validateSpec } from './validation.ts';

/** What a decision goes by. */
export interface DecisionInput {
  readonly spec: WorkerScalerSpec;
  readonly reading: Reading;
  /** The replicas that the Deployment asks for. */
  readonly replicas: number;
  /** How many of them are ready. */
  readonly readyReplicas: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** From the last decision about this scaler; NO_STATE before the first. */
  readonly state: ScalerState;
}

/** Why, in one word as conditions and Events have it. */
export type Reason =
  /** The spec can't be used; held. */
  | 'InvalidSpec'
  /** The Deployment was outside of minReplicas and maxReplicas; brought back. */
  | 'OutOfBounds'
  /** The consumer could not be read; held. */
  | 'ReadingUnknown'
  /** Messages wait and nothing is acknowledged, which more replicas would not mend; held. */
  | 'Standstill'
  /** The first work for a worker that slept. */
  | 'Woken'
  /** Nothing to do. */
  | 'Idle'
  /** The work takes more replicas, fewer, or as many as there are. */
  | 'AboveTarget'
  | 'BelowTarget'
  | 'OnTarget';

/** What kept a decision from what was wanted. */
export type Limit = Bound | 'scaleUpStabilization' | 'scaleDownStabilization' | 'scaleUpPolicy' | 'scaleDownPolicy';

/** What is to be done. */
export interface Decision {
  readonly replicas: number;
  readonly reason: Reason;
  /** The reason as a sentence with its numbers. */
  readonly message: string;
  /** The last of the limits that applied; absent when what was wanted is what is decided. */
  readonly limitedBy?: Limit;
  /** What was measured; absent when nothing is known. */
  readonly figures?: Figures;
  /** For the next decision. */
  readonly state: ScalerState;
}

/** Decides. Never throws; what it can't judge it holds. */
export function decide(input: DecisionInput): Decision {
  const { replicas, nowMs } = input;
  const problems = validateSpec(input.spec);
  if (problems.length > 0) return { replicas, reason: 'InvalidSpec', message: problems.join('; '), state: input.state };
  const spec = resolveSpec(input.spec);
  const reading = freshReading(input.reading, nowMs);
  const before = observeReplicas(input.state, replicas, spec, nowMs);
  // By the speed as it was before this reading, so that more lag can never be taken for more speed.
  const speed = perSecond(before.measurement.rate);
  const measurement =
    reading.status === 'known' ? measure(before.measurement, reading, input.readyReplicas) : before.measurement;
  const state = { ...before, measurement };

  const allowed = inBounds(replicas, spec);
  if (allowed.by) {
    const message = `${replicas} replicas, ${allowed.by} is ${allowed.replicas}`;
    return hold(state, allowed.replicas, spec, nowMs, { reason: 'OutOfBounds', message });
  }
  if (reading.status === 'unknown')
    return hold(state, replicas, spec, nowMs, {
      reason: 'ReadingUnknown',
      message: `${reading.cause}: ${reading.reason}; the replicas stay as they are`,
    });
  const figures = figuresOf(reading, measurement, speed);
  const stillMs = standstillMs(measurement);
  if (stillMs !== undefined && replicas > 0) {
    const none = input.readyReplicas === 0 ? ', no replica is ready' : '';
    const message = `nothing was acknowledged for ${secondsOf(stillMs)}${none}: ${describeWork(reading, figures)}`;
    return hold(state, replicas, spec, nowMs, { reason: 'Standstill', message, figures });
  }
  return follow({ state, spec, reading, figures, replicas, nowMs });
}

/** Stays where the decision is clear without any demand; that counts as recommended. */
function hold(
  state: ScalerState,
  replicas: number,
  spec: ResolvedSpec,
  nowMs: number,
  why: Pick<Decision, 'reason' | 'message' | 'figures'>,
): Decision {
  return { ...why, replicas, state: { ...recommend(state, replicas, spec, nowMs), decided: replicas } };
}

/** Follows the demand as far as bounds, windows and policies allow. */
function follow(known: {
  readonly state: ScalerState;
  readonly spec: ResolvedSpec;
  readonly reading: KnownReading;
  readonly figures: Figures;
  readonly replicas: number;
  readonly nowMs: number;
}): Decision {
  const { state, spec, reading, figures, replicas: current, nowMs } = known;
  const { measurement } = state;
  const idle = figures.lag === 0 && !measurement.moved;
  const demand = demandOf(spec, figures, measurement.peakLag);
  const floor = fewestEnough(state.shortfalls, figures, nowMs);
  const wanted = idle ? 0 : Math.max(1, Math.min(floor, current), replicasFor(demand, current, spec));
  const reachable = withinReach(wanted, reading, spec);
  const stable = stabilize(reachable.replicas, current, state.recommendations, spec, nowMs);
  const limits = policyLimits(current, state.changes, spec, nowMs);
  const permitted = Math.min(Math.max(stable, limits.fewest), limits.most);
  // Neither window nor policy may let a worker sleep while there is work.
  const woken = current === 0 && !idle && permitted === 0;
  const replicas = woken ? 1 : permitted;

  let limitedBy: Limit | undefined = reachable.by;
  if (stable !== reachable.replicas)
    limitedBy = stable < reachable.replicas ? 'scaleUpStabilization' : 'scaleDownStabilization';
  if (permitted !== stable) limitedBy = permitted < stable ? 'scaleUpPolicy' : 'scaleDownPolicy';

  const limited = limitedBy && replicas !== wanted ? `; limited by ${limitedBy}` : '';
  return {
    replicas,
    reason: reasonFor(wanted, current, idle),
    message: `${describeWork(reading, figures)}: ${count(wanted)} wanted, ${replicas} decided${limited}`,
    ...(limitedBy && replicas !== wanted ? { limitedBy } : {}),
    figures,
    state: {
      ...recommend(state, reachable.replicas, spec, nowMs),
      shortfalls: noteShortfall(state.shortfalls, figures, measurement.flow, wanted, nowMs),
      decided: replicas,
    },
  };
}

function reasonFor(wanted: number, current: number, idle: boolean): Reason {
  if (idle) return 'Idle';
  if (current === 0) return 'Woken';
  if (wanted === current) return 'OnTarget';
  return wanted > current ? 'AboveTarget' : 'BelowTarget';
}

const count = (replicas: number): string => (replicas === 1 ? '1 replica' : `${replicas} replicas`);
