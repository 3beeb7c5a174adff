// How long what is issued holds.
import { AUTHORITY_DAYS, LEAF_DAYS } from '../../../certs/authority.ts';
import { expiry } from '../../../certs/inspection.ts';

const DAY_MS = 86_400_000;
const CLOCK_SKEW_MS = 5 * 60_000;

export interface Lives {
  readonly authorityMs: number;
  readonly leafMs: number;
}

export const LIVES: Lives = { authorityMs: AUTHORITY_DAYS * DAY_MS, leafMs: LEAF_DAYS * DAY_MS };

/**
 * The period that begins now, backdated a little for clocks that lag: five minutes, or a tenth of a short life.
 * @param authority PEM: nothing holds for longer than what signed it
 */
export function validityFor(now: Date, lifeMs: number, authority?: string): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(now.getTime() - Math.min(CLOCK_SKEW_MS, lifeMs / 10));
  const notAfter = new Date(now.getTime() + lifeMs);
  const end = authority === undefined ? notAfter : expiry(authority);
  return { notBefore, notAfter: end < notAfter ? end : notAfter };
}
