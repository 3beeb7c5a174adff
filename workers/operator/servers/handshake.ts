// The beginning of a connection to a NATS server, with a look at the certificate that it presents.
import { createConnection, isIP, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';

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

/** What a server says of itself before TLS. */
export interface ServerInfo {
  readonly server_id?: unknown;
  readonly server_name?: unknown;
}

export interface HandshakeOptions {
  /** @default none */
  readonly client?: ClientFiles;
  /** For the handshake and what is done with the connection. @default 5000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 5_000;

/**
 * Connects, does something with the connection, and closes it. The server's certificate is not checked, expired ones are what
 * this is for: whoever says anything that counts over the connection checks it first.
 * @throws whatever the work throws, or what keeps the connection from being made
 */
export async function withHandshake<T>(
  { host, port }: ServerAddress,
  { client, timeoutMs = TIMEOUT_MS, signal }: HandshakeOptions,
  work: (secured: TLSSocket, info: ServerInfo) => Promise<T>,
): Promise<T> {
  const socket = createConnection({ host, port });
  // Whoever waits for something hears of errors; what comes later is of no interest.
  socket.on('error', () => {});
  let late = false;
  const abort = (): void => void socket.destroy();
  const timer = setTimeout(() => {
    late = true;
    abort();
  }, timeoutMs);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const info = await greeting(socket);
    const secured = connect({
      socket,
      ...(isIP(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
      ...client,
    });
    secured.on('error', () => {});
    await ending(secured, (resolve) => secured.once('secureConnect', resolve));
    return await work(secured, info);
  } catch (error) {
    if (late) throw new Error(`not done within ${timeoutMs} ms`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/** A NATS server speaks first, in plain text, and goes on with TLS. */
function greeting(socket: Socket): Promise<ServerInfo> {
  return ending(socket, (resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!text.includes('\r\n')) return;
      socket.off('data', read);
      socket.pause();
      try {
        if (!text.startsWith('INFO ')) throw new Error('no INFO');
        resolve(JSON.parse(text.slice('INFO '.length)) as ServerInfo);
      } catch (error) {
        reject(new Error('it does not speak as a NATS server does', { cause: error }));
      }
    };
    socket.on('data', read);
  });
}

/** Waits for something on a socket, or for its end. */
export function ending<T>(
  socket: Socket,
  begin: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    begin(resolve, reject);
  });
}
