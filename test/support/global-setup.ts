// Before all tests: bundles the workers, which integration tests run as processes, and gets what they need.
import { buildAll } from '../../build.mjs';
import { findDatabase } from '../../local/database.ts';
import { findNatsServer } from '../../local/nats-server.ts';
import { ensureChromium } from './browser-install.ts';
import { CACHE_DIRECTORY } from './paths.ts';

export async function setup(): Promise<void> {
  const progress = (line: string): void => console.log(line);
  await buildAll();
  await findNatsServer({ cacheDirectory: CACHE_DIRECTORY, progress });
  await findDatabase({ cacheDirectory: CACHE_DIRECTORY, progress });
  await ensureChromium(progress);
}
