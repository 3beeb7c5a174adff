// Decides whether a certificate on disk is still good.
import 'reflect-metadata';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIPv6 } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { IssuedCertificate } from './authority.ts';

/** What a certificate should be. */
export interface Expectation {
  readonly commonName: string;
  /** Who should have signed it; absent for the authority itself. */
  readonly authority?: IssuedCertificate;
  /** Exactly the alternative names it should carry, in any order; none at all by default. */
  readonly names?: readonly string[];
}

/** Says in a few words why a certificate has to be replaced; undefined when it is still good. */
export function findFault(pair: IssuedCertificate, expected: Expectation, now: Date): string | undefined {
  let certificate: X509Certificate;
  let keyMatches: boolean;
  let names: string[];
  try {
    certificate = new X509Certificate(pair.certificate);
    keyMatches = certificate.checkPrivateKey(createPrivateKey(pair.privateKey));
    names = alternativeNames(pair.certificate);
  } catch {
    return 'unreadable';
  }
  if (!keyMatches) return 'the key is not its own';
  if (certificate.subject !== `CN=${expected.commonName}`) return `the subject is not CN=${expected.commonName}`;
  if (!isSignedBy(certificate, expected.authority)) return 'signed by another authority';
  if (certificate.ca !== (expected.authority === undefined)) return 'not of the right kind';
  if (!sameNames(names, expected.names ?? [])) return 'the alternative names have changed';
  return findFaultInTime(certificate, now);
}

/** When a certificate ends. */
export function expiry(certificate: string): Date {
  return new Date(new X509Certificate(certificate).validTo);
}

/** Says why a certificate has to be replaced by now, whatever else it is; undefined while it need not be. */
export function findFaultInTime(certificate: X509Certificate, now: Date): string | undefined {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  if (now.getTime() < from) return 'not valid yet';
  if (now.getTime() >= to) return 'expired';
  return to - now.getTime() < (to - from) / 3 ? 'less than a third of its life left' : undefined;
}

function isSignedBy(certificate: X509Certificate, authority: IssuedCertificate | undefined): boolean {
  const issuer = authority ? new X509Certificate(authority.certificate) : certificate;
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function alternativeNames(certificate: string): string[] {
  const extension = new x509.X509Certificate(certificate).getExtension(x509.SubjectAlternativeNameExtension);
  return extension?.names.items.map((name) => name.value) ?? [];
}

function sameNames(actual: readonly string[], expected: readonly string[]): boolean {
  const canonical = (names: readonly string[]): string => [...new Set(names.map(canonicalName))].sort().join(' ');
  return canonical(actual) === canonical(expected);
}

/** One spelling an IPv6 address, whichever the library that read it prefers. */
function canonicalName(name: string): string {
  return isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
}
