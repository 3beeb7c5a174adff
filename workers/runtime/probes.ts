// Serves a worker's /metrics, /healthz and /readyz.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { FatalError } from './errors.ts';
import { listenOn } from './http-server.ts';

/** Whether a process can do its work, and if not, why. */
export interface Health {
  readonly ok: boolean;
  readonly reason: string;
}

/** A listening server. */
export interface Probes {
  readonly port: number;
  close(): void;
}

/**
 * Starts to serve; `health` and `readiness` are asked at every probe. Who is not well is to be ended, and who is not ready to
 * be waited for: a dependency that is away is no reason to end anybody.
 * @throws {FatalError} when the port can't be had
 */
export async function serveProbes(options: {
  readonly host: string;
  readonly port: number;
  readonly registry: Registry;
  /** For /healthz. */
  readonly health: () => Health;
  /** For /readyz. */
  readonly readiness: () => Health;
}): Promise<Probes> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/healthz' || path === '/readyz') {
      const { ok, reason } = path === '/healthz' ? options.health() : options.readiness();
      response.writeHead(ok ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' }).end(`${reason}\n`);
    } else if (path === '/metrics') {
      options.registry.metrics().then(
        (metrics) => response.writeHead(200, { 'content-type': options.registry.contentType }).end(metrics),
        (error: Error) => response.writeHead(500).end(`${error.message}\n`),
      );
    } else {
      response
        .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
        .end('try /metrics, /healthz or /readyz\n');
    }
  });
  const { host, port } = options;
  const explain = (cause: Error): Error =>
    new FatalError(`can't serve metrics and health on ${host}:${port} (HTTP_HOST, HTTP_PORT)`, { cause });
  await listenOn(server, options, explain);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
