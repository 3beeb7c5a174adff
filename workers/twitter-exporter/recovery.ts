// What follows from a failure: which ladder it climbs, and what the state says meanwhile. Pure.
import type { LadderKind } from './ladder.ts';
import type { ProblemKind } from './problems.ts';
import type { Failure } from './session.ts';
import type { ConnectionName } from './state.ts';

/** What to do about a failure. */
export type Recovery =
  | {
      readonly act: 'climb';
      readonly connection: ConnectionName;
      readonly ladder: LadderKind;
      readonly resetAtMs: number;
    }
  | { readonly act: 'awaitToken' }
  | { readonly act: 'catchUp' };

const BY_PROBLEM: Readonly<Record<Exclude<ProblemKind, 'token'>, readonly [ConnectionName, LadderKind]>> = {
  tooManyConnections: ['tooManyConnections', 'rateLimit'],
  rateLimited: ['rateLimited', 'rateLimit'],
  noRules: ['noRules', 'http'],
  disconnect: ['reconnecting', 'http'],
  other: ['reconnecting', 'http'],
};

/** @param hadData whether posts came on the connection: one that served is taken up again as after a network error */
export function recoveryFrom(failure: Failure, hadData: boolean): Recovery {
  if (failure.kind === 'behind') return { act: 'catchUp' };
  if (failure.kind === 'network') return { act: 'climb', connection: 'reconnecting', ladder: 'network', resetAtMs: 0 };
  const { kind, resetAtMs } = failure.problem;
  if (kind === 'token') return { act: 'awaitToken' };
  const [connection, ladder] = BY_PROBLEM[kind];
  const isServed = kind === 'disconnect' && hadData;
  return { act: 'climb', connection, ladder: isServed ? 'network' : ladder, resetAtMs: resetAtMs ?? 0 };
}

/** A failure in one sentence. */
export const messageOf = (failure: Failure): string =>
  failure.kind === 'problem' ? failure.problem.message : failure.message;
