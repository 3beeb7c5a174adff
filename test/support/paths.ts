// Where things of the project are.
import { fileURLToPath } from 'node:url';

export const PROJECT_DIRECTORY = fileURLToPath(new URL('../..', import.meta.url));
/** What was installed for the project; git-ignored. */
export const CACHE_DIRECTORY = `${PROJECT_DIRECTORY}.newsjet`;
/** Where a browser is put when the machine has none. */
export const BROWSER_DIRECTORY = `${CACHE_DIRECTORY}/browsers`;
export const workerBundle = (worker: string): string => `${PROJECT_DIRECTORY}dist/workers/${worker}/main.mjs`;
