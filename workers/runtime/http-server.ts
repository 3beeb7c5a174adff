// The beginning and the end of an HTTP server.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Listens.
 * @param explain makes the error of why that can't be
 * @returns the server's address, such as `http://127.0.0.1:8080`
 */
export async function listenOn(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  explain: (cause: Error) => Error,
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(explain(cause)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

/** Takes no further connection, and returns when those that there are have ended; after so many milliseconds they are cut. */
export function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
