// The simulated X API as an HTTP server of its own, for tests.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { XApi } from './x-api.ts';
import type { XApiOptions } from './x-api-options.ts';

/** Where the simulator listens, and how it behaves. */
export interface XSimulatorOptions extends XApiOptions {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** 0 takes any port that is free. @default 0 */
  readonly port?: number;
}

/** The API with all its controls, listening. */
export class XSimulator extends XApi {
  readonly #server = createServer((request, response) => {
    if (!XApi.owns(request.url ?? '')) response.writeHead(404).end();
    else void this.handle(request, response);
  });
  #url = '';

  /** Its address, without a slash at the end: what X_API_URL is set to. */
  get url(): string {
    return this.#url;
  }

  /** @throws {Error} with the system's code when the address is taken or not this machine's */
  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    const { port: actual } = this.#server.address() as AddressInfo;
    this.#url = `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
  }

  /** Ends every stream, stops listening and closes every connection. */
  override async close(): Promise<void> {
    super.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** Starts a simulator. */
export async function startXSimulator(options: XSimulatorOptions = {}): Promise<XSimulator> {
  const { host = '127.0.0.1', port = 0, ...behaviour } = options;
  const simulator = new XSimulator(behaviour);
  await simulator.listen(host, port);
  return simulator;
}
