// Ports: finding free ones, and saying clearly that one is taken.
import { createServer, type Server } from 'node:net';

/** A port that another process listens on. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';

  constructor(port: number, purpose: string, variable: string) {
    super(
      `port ${port}, for ${purpose}, is taken by another process. ` +
        `Stop that process (a pipeline that still runs, perhaps), or choose another port with ${variable}=…`,
    );
  }
}

/** Finds free ports of 127.0.0.1; all are held until all are found, so that no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map(close));
  return ports;
}

/**
 * Checks that a port of 127.0.0.1 is free.
 * @throws {PortTakenError} saying what it is for and how to choose another
 */
export async function checkPort(port: number, purpose: string, variable: string): Promise<void> {
  try {
    await close(await listen(port));
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? new PortTakenError(port, purpose, variable) : error;
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
