// Bundles of trusted certificates, PEM, compared as sets.
import { X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a text, each with nothing around it. */
const blocksOf = (pem: string): string[] => [...pem.matchAll(CERTIFICATE)].map(([block]) => block.replaceAll('\r', ''));

/** Puts bundles together, each certificate once. */
export const joinBundles = (...bundles: readonly string[]): string =>
  [...new Set(bundles.flatMap(blocksOf))].map((block) => `${block}\n`).join('');

/** Whether a bundle holds all that another does. */
export function includesBundle(bundle: string, other: string): boolean {
  const blocks = new Set(blocksOf(bundle));
  return blocksOf(other).every((block) => blocks.has(block));
}

export const sameBundle = (one: string, other: string): boolean =>
  includesBundle(one, other) && includesBundle(other, one);

/** Whether one of a bundle has signed a certificate. */
export function isSignedByOneOf(bundle: string, certificate: string): boolean {
  const signed = new X509Certificate(certificate);
  return blocksOf(bundle)
    .map((block) => new X509Certificate(block))
    .some((issuer) => signed.checkIssued(issuer) && signed.verify(issuer.publicKey));
}
