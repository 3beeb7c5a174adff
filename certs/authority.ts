// Issues certificates: the authority itself, the servers' certificate, and one client certificate an identity.
// The X.509 library's dependency injection looks for it.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
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
  /** @default 90 days from now; 10 years for an authority */
  readonly notAfter?: Date;
}

/** An identity that no certificate can be issued for. */
export class InvalidIdentityError extends Error {
  override readonly name = 'InvalidIdentityError';
}

export const AUTHORITY_NAME = 'Newsjet CA';
export const SERVER_NAME = 'nats-server';
export const AUTHORITY_DAYS = 3_650;
export const LEAF_DAYS = 90;

const DAY_MS = 86_400_000;
const CLOCK_SKEW_MS = 5 * 60_000;
const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' };
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

/** Issues a self-signed authority that may sign leaves and no further authority. */
export async function issueAuthority(options: Validity = {}): Promise<IssuedCertificate> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [AUTHORITY_NAME] }],
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
 * @param options.names DNS names and IP addresses under which servers are reached
 */
export async function issueServerCertificate(
  options: { readonly authority: IssuedCertificate; readonly names: readonly string[] } & Validity,
): Promise<IssuedCertificate> {
  const names = options.names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }));
  return issueLeaf(options.authority, SERVER_NAME, options, [
    // Routes are dialled with it too, hence client authentication.
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension(names),
  ]);
}

/**
 * Issues the certificate of one identity. Its subject is exactly `CN=<identity>`, and it has no alternative name, because
 * the server would map a client by that rather than by its subject.
 * @throws {InvalidIdentityError} when the identity cannot name a certificate
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
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [commonName] }],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: await importSigningKey(authority.privateKey),
    signingAlgorithm: SIGNATURE_ALGORITHM,
    ...validity(period, LEAF_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, webcrypto),
    ],
  });
  return toPem(certificate, keys.privateKey);
}

function validity(options: Validity, days: number): Required<Validity> {
  const standard = validityFrom(new Date(), days);
  return { notBefore: options.notBefore ?? standard.notBefore, notAfter: options.notAfter ?? standard.notAfter };
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

async function importSigningKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), KEY_ALGORITHM, false, ['sign']);
}

async function toPem(certificate: x509.X509Certificate, key: webcrypto.CryptoKey): Promise<IssuedCertificate> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: `${x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag)}\n`,
  };
}
