// Creates the Secrets of a plan that are missing. What there is stays as it is, whatever it is: it may be the user's own.
import { SigningKeyError } from '../../certs/authority.ts';
import { expiry, findFault } from '../../certs/inspection.ts';
import {
  authoritySecret,
  certificateKeys,
  certificateSecret,
  credentialsKeys,
  credentialsSecret,
  type Secret,
} from '../../certs/secrets.ts';
import { readAuthority, type SigningAuthority } from '../../certs/signing-authority.ts';
import type { PlannedCertificate, SecretPlan } from '../contract/secret-plan.ts';
import { FatalError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { SecretStore } from './secret-store.ts';

export interface ReconcileTools {
  readonly store: SecretStore;
  readonly log: Logger;
  readonly now: Date;
}

/** How many Secrets were created, and how many were there. */
export interface Outcome {
  readonly created: number;
  readonly kept: number;
}

/** An authority with less of its life left than its certificates live is as good as at its end. */
const AUTHORITY_WARNING_MS = 90 * 86_400_000;

/**
 * Creates what is missing, the authority first. Several processes may do it at once.
 * @throws {FatalError} when the authority that is there can't sign
 */
export async function reconcile(plan: SecretPlan, tools: ReconcileTools): Promise<Outcome> {
  const outcome = { created: 0, kept: 0 };
  const count = (created: boolean): void => void outcome[created ? 'created' : 'kept']++;
  if (plan.authority) {
    const { authority, created } = await ensureAuthority(plan.authority, tools);
    count(created);
    for (const planned of plan.certificates) {
      const issue = (): Promise<Secret> => issueWith(authority, planned, plan.authority?.secret);
      count(
        await ensure(
          planned.secret,
          issue,
          (secret) => findCertificateFault(secret, planned, authority, tools.now),
          tools,
        ),
      );
    }
  }
  for (const planned of plan.credentials) {
    const draw = async (): Promise<Secret> => credentialsSecret(planned);
    count(await ensure(planned.secret, draw, (secret) => findMissingKeys(secret, credentialsKeys(planned)), tools));
  }
  return outcome;
}

/** Whether the Secret had to be created. */
async function ensure(
  name: string,
  make: () => Promise<Secret>,
  inspect: (secret: Secret) => string | undefined,
  { store, log }: ReconcileTools,
): Promise<boolean> {
  const found = await store.get(name);
  if (!found) {
    // Where not, somebody else was first, or this was, and the answer was lost.
    const created = await store.create(await make());
    log.info({ secret: name }, created ? 'created' : 'created in the meantime');
    return created;
  }
  const fault = inspect(found);
  if (fault === undefined) log.info({ secret: name }, 'there already');
  else log.warn({ secret: name, fault }, `kept as it is; delete the Secret ${name} to have a new one made`);
  return false;
}

async function ensureAuthority(
  planned: NonNullable<SecretPlan['authority']>,
  { store, log, now }: ReconcileTools,
): Promise<{ readonly authority: SigningAuthority; readonly created: boolean }> {
  const name = planned.secret;
  let secret = await store.get(name);
  let created = false;
  if (!secret) {
    const made = await authoritySecret(planned);
    created = await store.create(made);
    log.info({ secret: name }, created ? 'created the authority' : 'the authority was created in the meantime');
    // What was signed by any other would be trusted by nobody.
    secret = created ? made : await store.get(name);
    if (!secret)
      throw new FatalError(`the Secret ${name} was created and deleted at once: somebody else is at work on it`);
  }
  const authority = readAuthority(secret.data, now);
  if (typeof authority === 'string') {
    throw new FatalError(
      `the Secret ${name} can't sign certificates: ${authority}. Replace it by one that holds the certificate of an ` +
        'authority and its key (tls.crt, tls.key, and ca.crt where another has signed it), or delete it to have one made',
    );
  }
  if (!created) reportKeptAuthority(name, authority, { log, now });
  return { authority, created };
}

function reportKeptAuthority(
  name: string,
  { certificate }: SigningAuthority,
  { log, now }: Omit<ReconcileTools, 'store'>,
): void {
  const end = expiry(certificate);
  if (end.getTime() - now.getTime() > AUTHORITY_WARNING_MS) {
    log.info({ secret: name }, 'the authority is there already');
    return;
  }
  log.warn(
    { secret: name, notAfter: end.toISOString() },
    `the authority is near its end, and with it every certificate that it signs: replace the Secret ${name}, or delete it to ` +
      'have a new one made, and then delete those of the certificates',
  );
}

function findCertificateFault(
  secret: Secret,
  planned: PlannedCertificate,
  authority: SigningAuthority,
  now: Date,
): string | undefined {
  const { commonName, names } = planned;
  const pair = { certificate: secret.data['tls.crt'] ?? '', privateKey: secret.data['tls.key'] ?? '' };
  return findMissingKeys(secret, certificateKeys(planned)) ?? findFault(pair, { commonName, authority, names }, now);
}

function findMissingKeys({ data }: Secret, keys: readonly string[]): string | undefined {
  const missing = keys.filter((key) => !data[key]);
  return missing.length > 0 ? `it has no ${missing.join(' and no ')}` : undefined;
}

async function issueWith(authority: SigningAuthority, planned: PlannedCertificate, signer = ''): Promise<Secret> {
  try {
    return await certificateSecret(planned, authority);
  } catch (error) {
    if (!(error instanceof SigningKeyError)) throw error;
    throw new FatalError(`the Secret ${signer} can't sign certificates`, { cause: error });
  }
}
