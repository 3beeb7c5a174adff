// What the Secrets of a plan hold: certificates that an authority signs, and passwords that are drawn.
import { randomBytes } from 'node:crypto';
import {
  COMBINED_PEM,
  PASSWORD_PLACE,
  type PlannedCertificate,
  type PlannedCredentials,
} from '../workers/contract/secret-plan.ts';
import { issueAuthority, issueClientCertificate, issueServerCertificate, type Validity } from './authority.ts';
import type { SigningAuthority } from './signing-authority.ts';

/** A Secret, with its data decoded. */
export interface Secret {
  readonly name: string;
  /** Such as `kubernetes.io/tls`. */
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

/** On every Secret that is made here: one without them is the user's own, and never changed. */
export const MANAGED_LABELS = {
  'app.kubernetes.io/managed-by': 'newsjet',
  'app.kubernetes.io/part-of': 'newsjet',
} as const;

const TLS = 'kubernetes.io/tls';
const OPAQUE = 'Opaque';
/** 256 bits, 43 characters. */
const PASSWORD_BYTES = 32;

/** The keys that a Secret of certificates has to have. */
export const certificateKeys = ({ combinedPem }: Pick<PlannedCertificate, 'combinedPem'>): string[] => [
  ...['ca.crt', 'tls.crt', 'tls.key'],
  ...(combinedPem ? [COMBINED_PEM] : []),
];
/** The keys that a Secret of credentials has to have. */
export const credentialsKeys = ({ uri }: PlannedCredentials): string[] => [
  ...['username', 'password'],
  ...(uri === undefined ? [] : ['uri']),
];

/** Makes an authority that signs itself, in a Secret. */
export async function authoritySecret(
  planned: { readonly secret: string; readonly commonName: string },
  validity: Validity = {},
): Promise<Secret> {
  const { certificate, privateKey } = await issueAuthority({ commonName: planned.commonName, ...validity });
  const data = { 'ca.crt': certificate, 'tls.crt': certificate, 'tls.key': privateKey };
  return { name: planned.secret, type: TLS, data };
}

/**
 * Issues a certificate, in a Secret.
 * @throws {SigningKeyError} when the authority's key can't sign
 */
export async function certificateSecret(
  planned: PlannedCertificate,
  authority: SigningAuthority,
  validity: Validity = {},
): Promise<Secret> {
  const { commonName, names } = planned;
  const { certificate, privateKey } = planned.usages.includes('server auth')
    ? await issueServerCertificate({ authority, names, commonName, ...validity })
    : await issueClientCertificate({ authority, identity: commonName, ...validity });
  const presented = certificate + authority.chain;
  return {
    name: planned.secret,
    type: TLS,
    data: {
      'ca.crt': authority.trust,
      'tls.crt': presented,
      'tls.key': privateKey,
      ...(planned.combinedPem ? { [COMBINED_PEM]: presented + privateKey } : {}),
    },
  };
}

/** Draws a password of characters that need no encoding in an address, in a Secret with the address that it opens, if there is one. */
export function credentialsSecret({ secret, username, uri }: PlannedCredentials): Secret {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const data = {
    ...{ username, password },
    ...(uri === undefined ? {} : { uri: uri.replaceAll(PASSWORD_PLACE, password) }),
  };
  return { name: secret, type: OPAQUE, data };
}
