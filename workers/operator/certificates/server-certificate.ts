// Has the NATS servers present what their Secret holds, whoever has put it there.
import { X509Certificate } from 'node:crypto';
import type { Logger } from '../../runtime/log.ts';
import type { CertificateMetrics } from './certificate-metrics.ts';
import type { StoredSecret } from './secret-object.ts';

/** What it takes. */
export interface ServerSettlement {
  /** Tries once to have every NATS server present a certificate, and says which do not. */
  readonly settleServers: (serial: string, signal: AbortSignal) => Promise<string[]>;
  readonly metrics: CertificateMetrics;
  readonly log: Logger;
}

/** Tries once. @returns whether every server presents what the Secret holds; one that could not be asked does not */
export async function settleServers(
  secret: StoredSecret | undefined,
  { settleServers: settle, metrics, log }: ServerSettlement,
  signal: AbortSignal,
): Promise<boolean> {
  const serial = certificateOf(secret)?.serialNumber;
  if (serial === undefined) return false;
  const behind = await settle(serial, signal);
  metrics.behind(behind.length);
  if (behind.length > 0) log.info({ servers: behind }, 'servers have an older certificate, or are away');
  return behind.length === 0;
}

/** The certificate in a Secret; undefined when there is none. */
export function certificateOf(secret: StoredSecret | undefined): { serialNumber: string; end: Date } | undefined {
  try {
    const { serialNumber, validTo } = new X509Certificate(secret?.data['tls.crt'] ?? '');
    return { serialNumber, end: new Date(validTo) };
  } catch {
    return undefined;
  }
}
