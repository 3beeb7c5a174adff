// Issues certificates: the authority itself, the servers' certificate, and one client certificate an identity.
// The X.509 library's dependency injection looks for it.
import 'reflect-metadata';
import { createPrivateKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM; the key is PKCS#8. */
export interface IssuedCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** When a certificate holds. */
export interface Validity {
  /** @default five minutes ago, so that a clock that lags a little does not refuse it */
  readonly notBefore?: Date;
  /** @default 90 days from now, or the end of the authority where that is sooner; 10 years for an authority */
  readonly notAfter?: Date;
}

/** An identity that no certificate can be issued for. */
export class InvalidIdentityError extends Error {
  override readonly name = 'InvalidIdentityError';
}

/** The key of an authority can't sign. The message never holds any of it. */
export class SigningKeyError extends Error {
  override readonly name = 'SigningKeyError';
}

export const AUTHORITY_NAME = 'Newsjet CA';
export const SERVER_NAME = 'nats-server';
export const AUTHORITY_DAYS = 3_650;
export const LEAF_DAYS = 90;

const DAY_MS = 86_400_000;
const CLOCK_SKEW_MS = 5 * 60_000;
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' };
/** How keys of authorities sign: an elliptic curve's with a hash of its own strength. */
const CURVES: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: 'P-256', hash: 'SHA-256' },
  secp384r1: { namedCurve: 'P-384', hash: 'SHA-384' },
  secp521r1: { namedCurve: 'P-521', hash: 'SHA-512' },
};
// 64 is the most that X.520 allows a common name; the rest keeps it safe as a file name.
const IDENTITY_PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;
const RESERVED_IDENTITIES: readonly string[] = ['ca', 'server', SERVER_NAME];

x509.cryptoProvider.set(webcrypto);

/** The period that starts at a moment, backdated for clocks that lag. */
export function validityFrom(now: Date, days: number): Required<Validity> {
  return {
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
  };
}

/**
 * Checks that an identity can be the common name of a certificate and the name of its files.
 * @throws {InvalidIdentityError} naming the identity and what is allowed
 */
export function checkIdentity(identity: string): void {
  if (!IDENTITY_PATTERN.test(identity)) {
    throw new InvalidIdentityError(
      `identity ${JSON.stringify(identity)} cannot name a certificate: ` +
        'use 1 to 64 lower-case letters, digits and dashes, not starting with a dash',
    );
  }
  if (RESERVED_IDENTITIES.includes(identity)) {
    throw new InvalidIdentityError(`identity "${identity}" is reserved for a certificate of the servers: rename it`);
  }
}

/**
 * Issues a self-signed authority that may sign leaves and no further authority.
 * @param options.commonName its whole subject. @default AUTHORITY_NAME
 */
export async function issueAuthority(
  options: { readonly commonName?: string } & Validity = {},
): Promise<IssuedCertificate> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [options.commonName ?? AUTHORITY_NAME] }],
    keys,
    signingAlgorithm: SIGNATURE_ALGORITHM,
    ...validity(options, AUTHORITY_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

/**
 * Issues the certificate that every server presents, to clients and, on routes, to other servers.
 * @param options.authority its key may be RSA or an elliptic curve's, and in any form of PEM
 * @param options.names DNS names and IP addresses under which servers are reached
 * @param options.commonName its whole subject. @default SERVER_NAME
 * @throws {SigningKeyError} when the authority's key can't sign
 */
export async function issueServerCertificate(
  options: {
    readonly authority: IssuedCertificate;
    readonly names: readonly string[];
    readonly commonName?: string;
  } & Validity,
): Promise<IssuedCertificate> {
  const names = options.names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }));
  return issueLeaf(options.authority, options.commonName ?? SERVER_NAME, options, [
    // Routes are dialled with it too, hence client authentication.
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension(names),
  ]);
}

/**
 * Issues the certificate of one identity. Its subject is exactly `CN=<identity>`, and it has no alternative name, because
 * the server would map a client by that rather than by its subject.
 * @throws {InvalidIdentityError} when the identity cannot name a certificate
 * @throws {SigningKeyError} when the authority's key can't sign
 */
export async function issueClientCertificate(
  options: { readonly authority: IssuedCertificate; readonly identity: string } & Validity,
): Promise<IssuedCertificate> {
  checkIdentity(options.identity);
  return issueLeaf(options.authority, options.identity, options, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
}

async function issueLeaf(
  authority: IssuedCertificate,
  commonName: string,
  period: Validity,
  extensions: x509.Extension[],
): Promise<IssuedCertificate> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const { key, algorithm } = await importSigningKey(authority.privateKey);
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [commonName] }],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: key,
    signingAlgorithm: algorithm,
    ...validity(period, LEAF_DAYS, issuer.notAfter),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      await authorityKeyIdentifier(issuer),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

/** The identifier that the issuer gives its own key: other tools compute it in other ways, and verifiers compare it. */
async function authorityKeyIdentifier(issuer: x509.X509Certificate): Promise<x509.AuthorityKeyIdentifierExtension> {
  const own = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  return own
    ? new x509.AuthorityKeyIdentifierExtension(own.keyId)
    : x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto);
}

/** Nothing is valid for longer than what signed it: whoever reads its end renews it in time. */
function validity(options: Validity, days: number, latest?: Date): Required<Validity> {
  const { notBefore, notAfter } = validityFrom(new Date(), days);
  const end = latest && latest < notAfter ? latest : notAfter;
  return { notBefore: options.notBefore ?? notBefore, notAfter: options.notAfter ?? end };
}

/** 16 random bytes in hexadecimal, positive and without a leading zero whatever was drawn. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

/** Reads a key of any form of PEM, and says how it signs. */
async function importSigningKey(pem: string): Promise<{
  readonly key: webcrypto.CryptoKey;
  readonly algorithm: { readonly name: string; readonly hash: string };
}> {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new SigningKeyError("the authority's key can't be read: expected an unencrypted private key, PEM");
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const curve = type === 'ec' ? CURVES[details?.namedCurve ?? ''] : undefined;
  if (!curve && type !== 'rsa') {
    const found = details?.namedCurve ?? type;
    throw new SigningKeyError(
      `the authority's key is ${found}, which can't sign: expected RSA, or EC on ${Object.keys(CURVES).join(', ')}`,
    );
  }
  const algorithm = curve ? { name: 'ECDSA', ...curve } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  return { key: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']), algorithm };
}

async function toPem(certificate: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<IssuedCertificate> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: `${x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag)}\n`,
  };
}
