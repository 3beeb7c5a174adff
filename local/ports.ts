// Ports: finding free ones, and saying clearly that one is taken.
import { randomInt } from 'node:crypto';
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

/**
 * Ports below those that the kernel gives to outgoing connections (from 32,768 on, unless somebody changed it): between finding a
 * port and listening on it, any connection of any process might take one of those.
 */
const FIRST = 10_240;
const LAST = 32_767;

/** Finds free ports of 127.0.0.1, at random, so that others who look at the same time find others; no two are the same. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  try {
    while (ports.length < count) {
      const port = randomInt(FIRST, LAST + 1);
      const server = await listen(port).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE' || error.code === 'EACCES') return undefined;
        throw error;
      });
      if (!server) continue;
      servers.push(server);
      ports.push(port);
    }
  } finally {
    await Promise.all(servers.map(close));
  }
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
