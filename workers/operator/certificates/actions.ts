// Carries out what a plan asks for: what the Secrets are to hold then.
import { X509Certificate } from 'node:crypto';
import { authoritySecret, certificateSecret, MANAGED_LABELS } from '../../../certs/secrets.ts';
import { readAuthority } from '../../../certs/signing-authority.ts';
import type { PlannedCertificate } from '../../contract/secret-plan.ts';
import { founded, introduced, promoted, retired, SETTLED_ANNOTATION } from './authority-state.ts';
import { joinBundles } from './bundle.ts';
import type { CertificatePlan } from './certificate-plan.ts';
import type { RenewalAction } from './renewal-plan.ts';
import type { StoredSecret } from './secret-object.ts';
import { type Lives, validityFor } from './validity.ts';

/** On the Secret of a certificate that the operator issued: its serial number. */
export const RENEWED_ANNOTATION = 'newsjet.io/renewed';
/** The type of every Secret here. */
export const TLS_TYPE = 'kubernetes.io/tls';

export interface ActionContext {
  readonly plan: CertificatePlan;
  /** As they were read. */
  readonly secrets: ReadonlyMap<string, StoredSecret>;
  readonly now: Date;
  readonly lives: Lives;
}

/** What a Secret is to be after an action on it. */
export interface Outcome {
  readonly secret: StoredSecret;
  /** Of an Event: why, and in words. */
  readonly reason: string;
  readonly note: string;
}

/**
 * Computes what a Secret is to be. Nothing is written, and no key is in the note.
 * @throws {SigningKeyError} when the authority's key can't sign
 */
export async function performAction(
  action: Exclude<RenewalAction, { kind: 'warn' }>,
  context: ActionContext,
): Promise<Outcome> {
  const stored = context.secrets.get(action.secret);
  if (action.kind === 'issue') return issue(action.planned, action.reason, stored, context);
  const { authority } = context.plan;
  const { now, lives } = context;
  const fresh = async () => {
    const { data } = await authoritySecret(authority, validityFor(now, lives.authorityMs));
    return { certificate: data['tls.crt'] ?? '', privateKey: data['tls.key'] ?? '' };
  };
  const data = stored?.data ?? {};
  // Whatever is done to the authority begins a phase in which nothing has settled yet.
  const { [SETTLED_ANNOTATION]: _, ...annotations } = stored?.annotations ?? {};
  const labels = stored?.labels ?? MANAGED_LABELS;
  switch (action.kind) {
    case 'found-authority': {
      const made = founded(await fresh(), action.reason === 'expired' ? '' : trustOf(context));
      const note = `there is a new authority (${action.reason})`;
      return { secret: { labels, annotations, data: made }, reason: 'AuthorityFounded', note };
    }
    case 'introduce-authority': {
      const note = `the next authority is made known (${action.reason})`;
      return {
        secret: { labels, annotations, data: introduced(data, await fresh()) },
        reason: 'AuthorityIntroduced',
        note,
      };
    }
    case 'promote-authority': {
      const note = 'the next authority signs from now on; the one before is still trusted';
      return { secret: { labels, annotations, data: promoted(data) }, reason: 'AuthorityPromoted', note };
    }
    case 'retire-authority': {
      const note = 'the previous authority is trusted no more';
      return { secret: { labels, annotations, data: retired(data) }, reason: 'AuthorityRetired', note };
    }
    case 'mark-settled': {
      const settled = action.settled ? { ...annotations, [SETTLED_ANNOTATION]: now.toISOString() } : annotations;
      const note = action.settled
        ? 'every certificate is as this phase of the renewal wants it'
        : 'not every certificate is as this phase of the renewal wants it any more';
      return { secret: { labels, annotations: settled, data }, reason: 'AuthorityRenewal', note };
    }
  }
}

async function issue(
  planned: PlannedCertificate,
  reason: string,
  stored: StoredSecret | undefined,
  { plan, secrets, now, lives }: ActionContext,
): Promise<Outcome> {
  const authority = readAuthority(secrets.get(plan.authority.secret)?.data ?? {}, now);
  if (typeof authority === 'string') throw new Error(`the Secret ${plan.authority.secret} can't sign: ${authority}`);
  const validity = validityFor(now, lives.leafMs, authority.certificate);
  const { data } = await certificateSecret(planned, authority, validity);
  const { serialNumber, validTo } = new X509Certificate(data['tls.crt'] ?? '');
  return {
    secret: {
      labels: stored?.labels ?? MANAGED_LABELS,
      annotations: { ...stored?.annotations, [RENEWED_ANNOTATION]: serialNumber },
      data: { ...stored?.data, ...data },
    },
    reason: stored ? 'CertificateRenewed' : 'CertificateIssued',
    note: `issued a certificate (${reason}) that holds until ${new Date(validTo).toISOString()}`,
  };
}

/** What is trusted where certificates are used, whatever has become of their authority. */
const trustOf = ({ plan, secrets }: ActionContext): string =>
  joinBundles(...plan.certificates.map(({ secret }) => secrets.get(secret)?.data['ca.crt'] ?? ''));
