// Tells a TLS handshake that failed over a certificate from one that failed for any other reason.

/** What Node says when it can't verify the certificate of the other side. */
const UNVERIFIED: readonly unknown[] = [
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** What Node says when the other side ends the handshake: where both speak the same TLS, because it refuses ours. */
const REFUSED = /^ERR_SSL_.*ALERT/;

/** Whether an error, or what caused it, is that one side did not accept the certificate of the other. */
export function isCertificateFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as NodeJS.ErrnoException;
  return UNVERIFIED.includes(code) || REFUSED.test(String(code)) || isCertificateFailure(error.cause);
}
