// TLS in front of a database that speaks none itself, with a certificate that can be replaced.
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { IssuedCertificate } from '../../certs/authority.ts';

/** Takes TLS connections and hands on what they carry. */
export class TlsFront {
  readonly #server: Server;
  readonly #behind: URL;
  readonly #sockets = new Set<TLSSocket>();

  private constructor(server: Server, behind: URL) {
    this.#server = server;
    this.#behind = behind;
    server.on('secureConnection', (socket) => this.#join(socket));
    // A client that does not trust us is what tests are about.
    server.on('tlsClientError', () => {});
  }

  /** @param uri of the database behind it */
  static async start(uri: string, { certificate, privateKey }: IssuedCertificate): Promise<TlsFront> {
    const server = createServer({ cert: certificate, key: privateKey });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TlsFront(server, new URL(uri));
  }

  /** @param caFile of the authority to trust */
  uri(caFile: string): string {
    const uri = new URL(this.#behind);
    uri.port = String((this.#server.address() as AddressInfo).port);
    uri.searchParams.set('tls', 'true');
    uri.searchParams.set('tlsCAFile', caFile);
    // The stand-in for MongoDB does not tell of changes by itself: the driver finds out when it asks.
    uri.searchParams.set('heartbeatFrequencyMS', '1000');
    return uri.href;
  }

  /** Presents another certificate from now on, and cuts what is connected, as a database does that is started again. */
  replace({ certificate, privateKey }: IssuedCertificate): void {
    this.#server.setSecureContext({ cert: certificate, key: privateKey });
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(socket: TLSSocket): void {
    const behind = connect(Number(this.#behind.port), this.#behind.hostname);
    this.#sockets.add(socket);
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
