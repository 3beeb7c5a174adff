// What has to be done next so that every certificate is good and stays so: a pure function of what the Secrets hold.
import { expiry, findFault } from '../../../certs/inspection.ts';
import { certificateKeys } from '../../../certs/secrets.ts';
import type { SigningAuthority } from '../../../certs/signing-authority.ts';
import type { PlannedCertificate } from '../../contract/secret-plan.ts';
import { type AuthorityState, hasExpired, readState } from './authority-state.ts';
import { includesBundle, isSignedByOneOf, sameBundle } from './bundle.ts';
import type { CertificatePlan } from './certificate-plan.ts';
import { isOurs, type StoredSecret } from './secret-object.ts';

/** Something to do. Of those on the authority there is one at a time, and nothing else beside it. */
export type RenewalAction =
  /** Make an authority: there is none, or it has expired. */
  | { readonly kind: 'found-authority'; readonly secret: string; readonly reason: string }
  /** Make the next authority and have it trusted. */
  | { readonly kind: 'introduce-authority'; readonly secret: string; readonly reason: string }
  /** Let the next authority sign. */
  | { readonly kind: 'promote-authority'; readonly secret: string }
  /** Trust the previous authority no more. */
  | { readonly kind: 'retire-authority'; readonly secret: string }
  /** Write down that everything is as the phase wants it from now on, or is not any more. */
  | { readonly kind: 'mark-settled'; readonly secret: string; readonly settled: boolean }
  /** Issue a certificate, into a Secret that is there or not. */
  | { readonly kind: 'issue'; readonly secret: string; readonly planned: PlannedCertificate; readonly reason: string }
  /** Something that only people can mend. */
  | { readonly kind: 'warn'; readonly secret: string; readonly problem: string };

/** What else the plan depends on. */
export interface RenewalSituation {
  readonly now: Date;
  /** Whether every NATS server presents the certificate that its Secret holds. */
  readonly serversSettled: boolean;
  /** How long everything has to be as a phase of the authority's renewal wants it, before the next phase begins. */
  readonly settleMs: number;
}

/** A certificate that is not as it should be. */
interface Fault {
  readonly planned: PlannedCertificate;
  readonly secret: string;
  readonly reason: string;
  /** Whether the certificate that is there can still be used. */
  readonly usable: boolean;
  /** Whether the Secret is ours to change, or not there. */
  readonly ours: boolean;
}

/** Of findFault. */
const ENDS = 'less than a third of its life left';
const ANOTHER_AUTHORITY = 'signed by another authority';

/** @param secrets those of the plan, by name; those that are missing are left out */
export function renewalPlan(
  plan: CertificatePlan,
  secrets: ReadonlyMap<string, StoredSecret>,
  situation: RenewalSituation,
): RenewalAction[] {
  const { secret, commonName } = plan.authority;
  const stored = secrets.get(secret);
  if (!stored) return [{ kind: 'found-authority', secret, reason: 'missing' }];
  const state = readState(stored, commonName, situation.now);
  if (typeof state === 'string') {
    if (hasExpired(stored, commonName, situation.now)) return [{ kind: 'found-authority', secret, reason: 'expired' }];
    return [{ kind: 'warn', secret, problem: `it can't sign certificates: ${state}` }];
  }
  const there = plan.certificates.filter(
    (each) => secrets.has(each.secret) || !plan.createdElsewhere?.has(each.secret),
  );
  const faults = there.flatMap((planned) => {
    const fault = findLeafFault(planned, secrets.get(planned.secret), state.signing, situation.now);
    return fault ? [fault] : [];
  });
  // Of a certificate of the user's it can't be seen which authorities a server that presents it trusts by now.
  const renewable = state.ours && isOursOrMissing(secrets.get(plan.serverSecret));
  const step = renewable ? authorityStep(secret, state, faults.length === 0, situation) : undefined;
  if (step) return [step];
  const own = renewable || state.fault === undefined ? [] : [warnOfAuthority(plan, state)];
  return [...own, ...leafActions(plan, faults, situation)];
}

function authorityStep(
  secret: string,
  { phase, fault, settledAt }: AuthorityState,
  sound: boolean,
  { now, serversSettled, settleMs }: RenewalSituation,
): RenewalAction | undefined {
  if (phase === 'steady') return fault ? { kind: 'introduce-authority', secret, reason: fault } : undefined;
  const settled = sound && serversSettled;
  if (settled !== (settledAt !== undefined)) return { kind: 'mark-settled', secret, settled };
  if (!settledAt || now.getTime() - settledAt.getTime() < settleMs) return undefined;
  return { kind: phase === 'introducing' ? 'promote-authority' : 'retire-authority', secret };
}

function leafActions(
  { serverSecret }: CertificatePlan,
  faults: readonly Fault[],
  { serversSettled }: RenewalSituation,
): RenewalAction[] {
  // While a server does not trust an authority yet, whoever has a certificate of it is shut out.
  const serversFirst = faults.some(({ secret }) => secret === serverSecret) || !serversSettled;
  return faults.flatMap(({ planned, secret, reason, usable, ours }): RenewalAction[] => {
    if (!ours) return [{ kind: 'warn', secret, problem: `${reason}; it was not made here, so it is left as it is` }];
    const waits = serversFirst && secret !== serverSecret && usable && reason === ANOTHER_AUTHORITY;
    return waits ? [] : [{ kind: 'issue', secret, planned, reason }];
  });
}

function findLeafFault(
  planned: PlannedCertificate,
  stored: StoredSecret | undefined,
  authority: SigningAuthority,
  now: Date,
): Fault | undefined {
  const { secret, commonName, names } = planned;
  if (!stored) return { planned, secret, reason: 'missing', usable: false, ours: true };
  const ours = isOurs(stored);
  const fault = (reason: string, usable: boolean): Fault => ({ planned, secret, reason, usable, ours });
  const missing = certificateKeys(planned).filter((key) => !stored.data[key]);
  if (missing.length > 0) return fault(`it has no ${missing.join(' and no ')}`, false);
  const pair = { certificate: stored.data['tls.crt'] ?? '', privateKey: stored.data['tls.key'] ?? '' };
  const reason = findFault(pair, { commonName, authority, names }, now);
  const accepted = ours
    ? gainsNothing(pair.certificate, reason, authority)
    : isForeign(pair.certificate, reason, authority);
  if (reason !== undefined && !accepted) {
    return fault(reason, reason === ANOTHER_AUTHORITY && expiry(pair.certificate) > now);
  }
  const bundle = stored.data['ca.crt'] ?? '';
  const trusts = ours ? sameBundle(bundle, authority.trust) : includesBundle(bundle, authority.trust);
  return trusts ? undefined : fault('what it trusts has changed', true);
}

/** A certificate that ends with its authority can't be had any longer than that. */
function gainsNothing(certificate: string, reason: string | undefined, authority: SigningAuthority): boolean {
  return reason === ENDS && expiry(certificate) >= expiry(authority.certificate);
}

/** What the user brought may be signed by whom they like, but not by an authority that is about to be trusted no more. */
function isForeign(certificate: string, reason: string | undefined, { trust }: SigningAuthority): boolean {
  return reason === ANOTHER_AUTHORITY && !isSignedByOneOf(trust, certificate);
}

function warnOfAuthority(
  { authority, serverSecret }: CertificatePlan,
  { ours, fault, signing }: AuthorityState,
): RenewalAction {
  const why = ours ? `can't be renewed beside a ${serverSecret} that was not made here` : 'was not made here';
  const end = expiry(signing.certificate).toISOString();
  return {
    kind: 'warn',
    secret: authority.secret,
    problem: `${fault}; it ends on ${end} and ${why}, so that you have to replace it`,
  };
}

const isOursOrMissing = (secret: StoredSecret | undefined): boolean => secret === undefined || isOurs(secret);
