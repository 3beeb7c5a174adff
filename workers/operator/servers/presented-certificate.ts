// Which certificate a server presents to whoever connects now: the proof that it has taken up a new one.
import type { PeerCertificate } from 'node:tls';
import { type HandshakeOptions, type ServerAddress, withHandshake } from './handshake.ts';

/** A server did not come as far as presenting a certificate. */
export class NoCertificateError extends Error {
  override readonly name = 'NoCertificateError';
}

/**
 * Asks a NATS server for its certificate. Nothing is trusted for it and nothing said over the connection: the answer is only
 * compared with the certificate that is expected.
 * @returns its serial number, hexadecimal in capitals, as X509Certificate has it
 * @throws {NoCertificateError} naming the server
 */
export async function presentedSerial(address: ServerAddress, options: HandshakeOptions = {}): Promise<string> {
  try {
    return await withHandshake(address, options, async (secured) => {
      const { serialNumber } = secured.getPeerCertificate() as Partial<PeerCertificate>;
      if (!serialNumber) throw new Error('its certificate has no serial number');
      return serialNumber;
    });
  } catch (error) {
    const { name, host, port } = address;
    throw new NoCertificateError(`${name} (${host}:${port}) presents no certificate`, { cause: error });
  }
}
