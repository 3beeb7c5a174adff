// The monitor's server with the page built in memory, for tests. Never imported by the worker: it needs esbuild.
import { Registry } from 'prom-client';
import { type Assets, toAssets } from './assets.ts';
import { bundlePage } from './page/build.mjs';
import { type RunningServer, type ServerOptions, startServer } from './server.ts';

let built: Promise<Assets> | undefined;

/** Builds the page once for all tests of a file. */
export function buildAssets(): Promise<Assets> {
  built ??= bundlePage().then((files) => toAssets(files, 'the page built in memory'));
  return built;
}

/** Starts the server on a free port of 127.0.0.1, in good health unless told otherwise. */
export async function startPageServer(
  options: Pick<ServerOptions, 'board'> & Partial<ServerOptions>,
): Promise<RunningServer> {
  return startServer({
    host: '127.0.0.1',
    port: 0,
    assets: await buildAssets(),
    registry: new Registry(),
    health: () => ({ ok: true }),
    ...options,
  });
}
