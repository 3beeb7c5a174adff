// A real HTTP server on a free port of the loopback for tests: records what it is asked and how often it is connected to.
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface LocalServer {
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Connections accepted so far. */
  connections(): number;
  /** The address of a path on this server. */
  url(path: string): string;
  close(): Promise<void>;
}

export interface LocalServerOptions {
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** @default a free one */
  readonly port?: number;
  /** Serves https with this certificate and key, in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Starts a server; `close()` ends its connections too. */
export async function startServer(handler: RequestListener, options: LocalServerOptions = {}): Promise<LocalServer> {
  const { host = '127.0.0.1', port = 0, tls } = options;
  const requests: RecordedRequest[] = [];
  let connections = 0;
  const listener: RequestListener = (request, response) => {
    requests.push({ path: request.url ?? '', headers: request.headers });
    handler(request, response);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    requests,
    connections: () => connections,
    url: (path) => `${tls ? 'https' : 'http'}://${host}:${bound}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
