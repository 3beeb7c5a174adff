// Where the authority is in its renewal. All of it stands in the authority's Secret, so that whoever leads next goes on there:
//   steady       tls.crt signs, and is all that is trusted
//   introducing  next.crt is trusted too, and signs nothing yet
//   reissuing    what was next.crt signs as tls.crt; previous.crt is still trusted, until nothing that it signed is in use
import { X509Certificate } from 'node:crypto';
import type { IssuedCertificate } from '../../../certs/authority.ts';
import { findFault, findFaultInTime } from '../../../certs/inspection.ts';
import { readAuthority, type SigningAuthority } from '../../../certs/signing-authority.ts';
import { joinBundles } from './bundle.ts';
import { isOurs, type StoredSecret } from './secret-object.ts';

export type Phase = 'steady' | 'introducing' | 'reissuing';

export interface AuthorityState {
  /** Whether it is ours to renew. */
  readonly ours: boolean;
  /** Signs; its `trust` is what every Secret is to hold. */
  readonly signing: SigningAuthority;
  readonly phase: Phase;
  /** Why it should be renewed; undefined while it need not be. */
  readonly fault: string | undefined;
  /** Since when everything has been as this phase wants it; undefined as long as it is not. */
  readonly settledAt: Date | undefined;
}

/** The data of an authority's Secret. */
export type AuthorityData = StoredSecret['data'];

/** When everything was as the phase wants it, ISO 8601. */
export const SETTLED_ANNOTATION = 'newsjet.io/settled-at';
const NEXT = { certificate: 'next.crt', privateKey: 'next.key' } as const;
const PREVIOUS = 'previous.crt';

/**
 * Reads an authority's Secret.
 * @returns in a few words why it can't sign, when it can't
 */
export function readState(secret: StoredSecret, commonName: string, now: Date): AuthorityState | string {
  const { data, annotations } = secret;
  const signing = readAuthority(data, now);
  if (typeof signing === 'string') return signing;
  const ours = isOurs(secret);
  const settledAt = new Date(annotations[SETTLED_ANNOTATION] ?? Number.NaN);
  return {
    ours,
    signing,
    phase: data[NEXT.certificate] ? 'introducing' : data[PREVIOUS] ? 'reissuing' : 'steady',
    // The user's has the name, and the issuer, that they like.
    fault: ours
      ? findFault(signing, { commonName }, now)
      : findFaultInTime(new X509Certificate(signing.certificate), now),
    settledAt: Number.isNaN(settledAt.getTime()) ? undefined : settledAt,
  };
}

/** Whether an authority of ours came to its end without having been renewed, so that only another can go on. */
export function hasExpired(secret: StoredSecret, commonName: string, now: Date): boolean {
  const { 'tls.crt': certificate = '', 'tls.key': privateKey = '' } = secret.data;
  return isOurs(secret) && findFault({ certificate, privateKey }, { commonName }, now) === 'expired';
}

/** A new authority where there was none, or none that can be used any more: what signed before is still trusted meanwhile. */
export function founded({ certificate, privateKey }: IssuedCertificate, trustedBefore: string): AuthorityData {
  const data = { 'tls.crt': certificate, 'tls.key': privateKey, 'ca.crt': joinBundles(certificate, trustedBefore) };
  return trustedBefore === '' ? data : { ...data, [PREVIOUS]: trustedBefore };
}

/** From steady to introducing. */
export function introduced(data: AuthorityData, { certificate, privateKey }: IssuedCertificate): AuthorityData {
  return {
    ...data,
    'ca.crt': joinBundles(data['tls.crt'] ?? '', certificate),
    [NEXT.certificate]: certificate,
    [NEXT.privateKey]: privateKey,
  };
}

/** From introducing to reissuing. */
export function promoted(data: AuthorityData): AuthorityData {
  const {
    [NEXT.certificate]: certificate = '',
    [NEXT.privateKey]: privateKey = '',
    'tls.crt': previous = '',
    ...rest
  } = data;
  const bundle = joinBundles(certificate, previous);
  return { ...rest, 'tls.crt': certificate, 'tls.key': privateKey, 'ca.crt': bundle, [PREVIOUS]: previous };
}

/** From reissuing to steady. */
export function retired({ [PREVIOUS]: _, ...data }: AuthorityData): AuthorityData {
  return { ...data, 'ca.crt': data['tls.crt'] ?? '' };
}
