// The authority as its Secret has it, ours or one that the user brought: whether it can sign, and who trusts what it signs.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { IssuedCertificate } from './authority.ts';

/** What certificates are signed with. */
export interface SigningAuthority extends IssuedCertificate {
  /** Certificates between the signed ones and the root, PEM; each signed certificate carries them. */
  readonly chain: string;
  /** What is trusted, PEM: ends in a certificate that signed itself. */
  readonly trust: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const LONGEST_CHAIN = 10;

interface Certificate {
  readonly pem: string;
  readonly parsed: X509Certificate;
}

/**
 * Reads the data of an authority's Secret: `tls.crt` (with further certificates of its chain, if any), `tls.key`, and `ca.crt`,
 * which says what is trusted; without it, that is `tls.crt`.
 * @returns the authority, or in a few words why it can't sign, without any content
 */
export function readAuthority(data: Readonly<Record<string, string>>, now: Date): SigningAuthority | string {
  const missing = ['tls.crt', 'tls.key'].filter((key) => !data[key]?.trim());
  if (missing.length > 0) return `it has no ${missing.join(' and no ')}`;
  const privateKey = data['tls.key'] as string;
  const presented = readCertificates(data['tls.crt'] as string);
  const issuer = presented?.[0];
  if (!presented || !issuer) return 'tls.crt is not a certificate in PEM';
  const trusted = data['ca.crt']?.trim() ? readCertificates(data['ca.crt']) : presented;
  if (!trusted || trusted.length === 0) return 'ca.crt is not a certificate in PEM';
  const fault = findKeyFault(issuer.parsed, privateKey) ?? findTimeFault(issuer.parsed, now);
  if (fault) return fault;
  if (!issuer.parsed.ca) return 'tls.crt is not the certificate of an authority';
  if (!leadsToRoot(presented, trusted)) {
    return `tls.crt (${oneLine(issuer.parsed.subject)}, issued by ${oneLine(issuer.parsed.issuer)}) does not lead to a root in ca.crt`;
  }
  const between = presented.filter(({ parsed }) => !isSelfSigned(parsed));
  return { certificate: join([issuer]), privateKey, chain: join(between), trust: join(trusted) };
}

function readCertificates(text: string): Certificate[] | undefined {
  try {
    return [...text.matchAll(CERTIFICATE)].map(([pem]) => ({ pem, parsed: new X509Certificate(pem) }));
  } catch {
    return undefined;
  }
}

function findKeyFault(certificate: X509Certificate, privateKey: string): string | undefined {
  try {
    const matches = certificate.checkPrivateKey(createPrivateKey(privateKey));
    return matches ? undefined : 'tls.key is not the key of tls.crt';
  } catch {
    return 'tls.key is not an unencrypted private key in PEM';
  }
}

function findTimeFault({ validFrom, validTo }: X509Certificate, now: Date): string | undefined {
  if (now.getTime() < Date.parse(validFrom)) return `tls.crt is not valid before ${new Date(validFrom).toISOString()}`;
  return now.getTime() < Date.parse(validTo) ? undefined : `tls.crt expired on ${new Date(validTo).toISOString()}`;
}

/** Whether the chain ends in a root that is trusted: OpenSSL, and so mongod and Node, trust nothing less. */
function leadsToRoot(presented: readonly Certificate[], trusted: readonly Certificate[]): boolean {
  const known = [...presented, ...trusted].map(({ parsed }) => parsed);
  let current = known[0];
  for (let length = 0; current && length < LONGEST_CHAIN; length++) {
    const { fingerprint256 } = current;
    if (isSelfSigned(current)) return trusted.some(({ parsed }) => parsed.fingerprint256 === fingerprint256);
    current = known.find((issuer) => isIssuedBy(current as X509Certificate, issuer));
  }
  return false;
}

const isSelfSigned = (certificate: X509Certificate): boolean => isIssuedBy(certificate, certificate);
const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

const join = (certificates: readonly Certificate[]): string => certificates.map(({ pem }) => `${pem}\n`).join('');
const oneLine = (name: string): string => name.replaceAll('\n', ', ');
