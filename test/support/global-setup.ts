// Before all tests: bundles the workers, which integration tests run as processes, and gets what they need.
import type { TestProject } from 'vitest/node';
import { buildAll } from '../../build.mjs';
import { findDatabase } from '../../local/database.ts';
import { findNatsServer } from '../../local/nats-server.ts';
import { findPrometheus } from '../../local/prometheus.ts';
import { openApiServerDesk } from './api-server/desk.ts';
import { ensureChromium } from './browser-install.ts';
import { CACHE_DIRECTORY } from './paths.ts';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const progress = (line: string): void => console.log(line);
  // It may take minutes, during which tests run that do without.
  const desk = await openApiServerDesk(CACHE_DIRECTORY, progress);
  project.provide('apiServerDesk', desk.url);
  try {
    await buildAll();
    await findNatsServer({ cacheDirectory: CACHE_DIRECTORY, progress });
    await findDatabase({ cacheDirectory: CACHE_DIRECTORY, progress });
    await findPrometheus({ cacheDirectory: CACHE_DIRECTORY, progress });
    await ensureChromium(progress);
  } catch (error) {
    await desk.close();
    throw error;
  }
  return desk.close;
}
