// Kill -9 of workers in the middle of a load: nothing is lost, and nothing is stored or republished twice.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type EditionResult, runEdition } from '../../local/edition-run.ts';
import type { Stack } from '../../local/stack.ts';
import { CACHE_DIRECTORY, PROJECT_DIRECTORY } from '../support/paths.ts';

const ITEMS = 5_000;
const TIMEOUT_MS = 120_000;
/** For the stack to start before and to stop after. */
const AROUND_MS = 120_000;

/** The roles that are killed, each when so many news have been processed; the supervisor starts them again. */
type Plan = readonly { readonly worker: RegExp; readonly atProcessed: number }[];

/** Short acknowledgement waits, so that what a dead worker had in hand comes back within seconds. */
const WORKERS = [
  'agency-exporter',
  'papers-exporter',
  'agency-consumer',
  'papers-consumer',
  'twitter-consumer',
  'news-creator',
  'news-monitor',
]
  .map((name) => `  ${name}: { ackWait: 2s }\n`)
  .join('');

async function runAndKill(name: string, plan: Plan): Promise<{ result: EditionResult; killed: string[] }> {
  const killed: string[] = [];
  const left = [...plan];
  const onProgress = (stack: Stack, processed: number): void => {
    while (left[0] && processed >= left[0].atProcessed) {
      const { worker } = left.shift() as Plan[number];
      for (const victim of stack.workers.filter((candidate) => worker.test(candidate.name))) {
        victim.kill('SIGKILL');
        killed.push(victim.name);
      }
    }
  };
  const result = await runEdition({
    bundleDirectory: join(PROJECT_DIRECTORY, 'dist/workers'),
    cacheDirectory: CACHE_DIRECTORY,
    stateDirectory: join(CACHE_DIRECTORY, 'state', `test-${name}-${process.pid}`),
    items: ITEMS,
    workers: WORKERS,
    timeoutMs: TIMEOUT_MS,
    progress: () => {},
    onProgress,
    stop: new AbortController().signal,
  });
  return { result, killed };
}

describe('kill -9 under load', () => {
  const plans: Record<string, Plan> = {
    exporters: [{ worker: /-exporter$/, atProcessed: 0 }],
    consumers: [
      { worker: /-consumer$/, atProcessed: 100 },
      { worker: /-consumer$/, atProcessed: 1_500 },
    ],
    'news-creator': [
      { worker: /^news-creator$/, atProcessed: 500 },
      { worker: /^news-creator$/, atProcessed: 1_500 },
      { worker: /^news-creator$/, atProcessed: 3_000 },
    ],
    everything: [
      { worker: /./, atProcessed: 800 },
      { worker: /./, atProcessed: 2_500 },
    ],
  };

  for (const [name, plan] of Object.entries(plans)) {
    it(`keeps the figures exact when ${name} are killed`, { timeout: TIMEOUT_MS + AROUND_MS }, async () => {
      const { result, killed } = await runAndKill(name, plan);
      expect(killed.length).toBeGreaterThanOrEqual(plan.length);
      expect(result.deviations, JSON.stringify(result.figures)).toEqual([]);
    });
  }
});
