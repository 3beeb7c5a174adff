// Before all tests: bundles the workers, which integration tests run as processes, and finds the server that they need.

import { buildAll } from '../../build.mjs';
import { findNatsServer } from '../../local/nats-server.ts';
import { CACHE_DIRECTORY } from './paths.ts';

export async function setup(): Promise<void> {
  await buildAll();
  await findNatsServer({ cacheDirectory: CACHE_DIRECTORY, progress: (line) => console.log(line) });
}
