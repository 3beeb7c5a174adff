// The set-up's part of the API server that all tests share: built from the run's beginning, started for the first that asks.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Progress } from '../../../local/tool.ts';
import { TestApiServer } from './api-server.ts';
import { findApiServer } from './binaries.ts';

const STOP_TIMEOUT_MS = 5_000;

/** What the set-up of a run keeps. */
export interface ApiServerDesk {
  readonly url: string;
  /** Stops the API server, or the building of it. */
  readonly close: () => Promise<void>;
}

/** Begins to find or build the API server, and waits at a desk of its own for tests that want it. */
export async function openApiServerDesk(cacheDirectory: string, progress: Progress): Promise<ApiServerDesk> {
  const ending = new AbortController();
  const binaries = findApiServer({ cacheDirectory, progress, signal: ending.signal });
  binaries.catch(() => {});
  let started: Promise<TestApiServer> | undefined;
  const desk = createServer(async (_, response) => {
    started ??= binaries.then((found) => TestApiServer.start(found));
    try {
      response.end((await started).address.directory);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(desk.address() as { port: number }).port}/`,
    close: async () => {
      ending.abort();
      desk.closeAllConnections();
      desk.close();
      await started?.then(
        (server) => server.stop(),
        () => {},
      );
      // A build ends at once; waiting for that of another process is not worth it.
      const patience = new AbortController();
      const over = delay(STOP_TIMEOUT_MS, undefined, { signal: patience.signal }).catch(() => {});
      await Promise.race([binaries.catch(() => {}), over]);
      patience.abort();
    },
  };
}
