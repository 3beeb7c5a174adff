// Authorities as users bring them: with keys, forms of PEM, names and identifiers that are not ours.
import 'reflect-metadata';
import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { IssuedCertificate } from '../authority.ts';

const DAY_MS = 86_400_000;

const KEYS = {
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2_048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
  p256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  p384: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  p521: { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' },
  ed25519: { name: 'Ed25519' },
} as const;

export type KeyKind = keyof typeof KEYS;
export const KEY_KINDS = Object.keys(KEYS) as readonly KeyKind[];

export interface OwnAuthorityOptions {
  readonly key?: KeyKind;
  readonly name?: string;
  readonly form?: 'pkcs8' | 'pkcs1' | 'sec1';
  /** Signs it; it signs itself by default. */
  readonly issuer?: OwnAuthority;
  /** Whether it may sign at all. */
  readonly mayIssue?: boolean;
  readonly notAfter?: Date;
}

export interface OwnAuthority extends IssuedCertificate {
  readonly x509: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly algorithm: { readonly name: string; readonly hash?: string };
}

x509.cryptoProvider.set(webcrypto);

/** Makes an authority, or what passes for one. */
export async function ownAuthority(options: OwnAuthorityOptions = {}): Promise<OwnAuthority> {
  const { key = 'p256', name = 'CN=Our Root,O=Example & Sons,C=FR', form = 'pkcs8', issuer, mayIssue = true } = options;
  const algorithm = KEYS[key];
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const usages = mayIssue ? x509.KeyUsageFlags.keyCertSign : x509.KeyUsageFlags.digitalSignature;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `40${randomBytes(15).toString('hex')}`,
    subject: name,
    issuer: issuer?.x509.subjectName ?? name,
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: issuer?.algorithm ?? algorithm,
    notBefore: new Date(Date.now() - 10 * DAY_MS),
    notAfter: options.notAfter ?? new Date(Date.now() + 1_000 * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(mayIssue, undefined, true),
      new x509.KeyUsagesExtension(usages, true),
      // Not the hash of the key that everyone expects.
      new x509.SubjectKeyIdentifierExtension(randomBytes(20).toString('hex')),
    ],
  });
  const privateKey = KeyObject.from(keys.privateKey)
    .export({ type: form as 'pkcs8', format: 'pem' })
    .toString();
  return { certificate: `${certificate.toString('pem')}\n`, privateKey, x509: certificate, keys, algorithm };
}
