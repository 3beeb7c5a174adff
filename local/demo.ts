// `make demo`: the newsroom's fixed edition through the whole pipeline, its figures as `name: value` lines.
import { command } from './command.ts';
import { runEdition } from './edition-run.ts';
import { BUNDLE_DIRECTORY, CACHE_DIRECTORY, stateDirectory } from './settings.ts';

const TIMEOUT_MS = 120_000;

await command(async (stop) => {
  const { figures, deviations } = await runEdition({
    bundleDirectory: BUNDLE_DIRECTORY,
    cacheDirectory: CACHE_DIRECTORY,
    stateDirectory: stateDirectory(`demo-${process.pid}`),
    timeoutMs: TIMEOUT_MS,
    // Progress is for people; what goes to standard output is for scripts.
    progress: (line) => console.error(line),
    stop,
  });
  for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${value}`);
  for (const deviation of deviations) console.error(`not as expected: ${deviation}`);
  return deviations.length === 0 && !stop.aborted;
});
