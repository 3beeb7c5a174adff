// Which certificate a server presents to whoever connects now: the proof that it has taken up a new one.
import { createConnection, isIP, type Socket } from 'node:net';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';

/** Where a server is. */
export interface ServerAddress {
  /** Its name in the cluster, and its pod's, such as `nats-0`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** What to present in turn, PEM: servers note every handshake that ends without. */
export interface ClientFiles {
  readonly cert: string;
  readonly key: string;
}

/** A server did not come as far as presenting a certificate. */
export class NoCertificateError extends Error {
  override readonly name = 'NoCertificateError';
}

const TIMEOUT_MS = 5_000;

/**
 * Asks a NATS server for its certificate. Nothing is trusted for it and nothing said over the connection: the answer is only
 * compared with the certificate that is expected.
 * @returns its serial number, hexadecimal in capitals, as X509Certificate has it
 * @throws {NoCertificateError} naming the server
 */
export async function presentedSerial(
  { name, host, port }: ServerAddress,
  options: { readonly client?: ClientFiles; readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const { client, timeoutMs = TIMEOUT_MS, signal } = options;
  const socket = createConnection({ host, port });
  const limit = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
  const abort = (): void => void socket.destroy(new Error(`no certificate within ${timeoutMs} ms`));
  limit.addEventListener('abort', abort, { once: true });
  try {
    await greeting(socket);
    const secured = connect({
      socket,
      ...(isIP(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
      ...client,
    });
    return await serialOf(secured);
  } catch (error) {
    throw new NoCertificateError(`${name} (${host}:${port}) presents no certificate`, { cause: error });
  } finally {
    limit.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/** A NATS server speaks first, in plain text, and goes on with TLS. */
function greeting(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!text.includes('\r\n')) return;
      socket.off('data', read);
      socket.pause();
      if (text.startsWith('INFO ')) resolve();
      else reject(new Error('it does not speak as a NATS server does'));
    };
    socket.on('data', read);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
}

function serialOf(socket: TLSSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once('secureConnect', () => {
      const { serialNumber } = socket.getPeerCertificate() as Partial<PeerCertificate>;
      if (serialNumber) resolve(serialNumber);
      else reject(new Error('its certificate has no serial number'));
      socket.destroy();
    });
  });
}
