// A TCP proxy that can fail as networks do: silently, or by refusing.
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to connections that are made from now on. */
export type ProxyMode = 'pass' | 'dark' | 'refuse';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** Stands in front of a port of 127.0.0.1. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #held = new Set<Socket>();
  #mode: ProxyMode = 'pass';
  #accepted = 0;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.port = (server.address() as { port: number }).port;
    server.on('connection', (near) => this.#accept(near, targetPort));
  }

  static start(targetPort: number): Promise<TcpProxy> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(new TcpProxy(server, targetPort)));
    });
  }

  /** How many connections were made and let through. */
  get accepted(): number {
    return this.#accepted;
  }

  set mode(mode: ProxyMode) {
    this.#mode = mode;
  }

  /** All connections there are carry nothing any more, and nobody is told. */
  cutSilently(): void {
    for (const { near, far } of this.#pairs) {
      near.unpipe(far);
      far.unpipe(near);
      // Their ends stay open; what arrives is read and lost.
      near.resume();
      far.resume();
    }
  }

  /** All connections there are break. */
  cut(): void {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    for (const socket of this.#held) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#mode = 'refuse';
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(near: Socket, targetPort: number): void {
    near.on('error', () => near.destroy());
    if (this.#mode === 'refuse') {
      near.resetAndDestroy();
      return;
    }
    if (this.#mode === 'dark') {
      this.#held.add(near);
      near.once('close', () => this.#held.delete(near));
      near.resume();
      return;
    }
    this.#accepted += 1;
    const far = connect(targetPort, '127.0.0.1');
    const pair = { near, far };
    this.#pairs.add(pair);
    far.on('error', () => near.destroy());
    near.once('close', () => {
      this.#pairs.delete(pair);
      far.destroy();
    });
    far.once('close', () => near.destroy());
    near.pipe(far);
    far.pipe(near);
  }
}
