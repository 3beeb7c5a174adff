// Whether there is somebody to measure, and whether processes stay.
import { metric } from '../../workers/contract/metrics.ts';
import { NATS_MONITOR, NEWS_MONITOR } from '../../workers/contract/roles.ts';
import type { ScrapeLabel } from '../../workers/contract/scrape.ts';
import { anyOf, series, Vector } from '../promql.ts';
import { type AlertSpec, type GroupSpec, label, type RulesProps, VALUE } from './rule.ts';

/** Prometheus' own, and those of every process. */
export const UP = metric('up', 'Whether the last scrape of a target succeeded (1) or not (0)');
export const PROCESS_START = metric('process_start_time_seconds', 'When a process started, as Unix time');

/** Whom the other alerts rely on. */
const MONITORS: readonly string[] = [NEWS_MONITOR, NATS_MONITOR];

export function scrapeGroup({ topology }: RulesProps): GroupSpec {
  // One that may be scaled to 0 is missing as long as there is nothing to do.
  const others = topology.workers.filter(({ name, replicas }) => replicas.min > 0 && !MONITORS.includes(name));
  return {
    name: 'scrape',
    records: [],
    alerts: [
      {
        name: 'ScrapeMissing',
        expr: `${series(UP)} == 0`,
        for: '5m',
        severity: 'warning',
        summary: `${label('instance')} of ${label('worker')} can’t be scraped`,
        description: 'It is there, and does not answer on /metrics.',
      },
      {
        name: 'MonitorMissing',
        expr: absent(MONITORS),
        for: '5m',
        severity: 'critical',
        summary: `${label('worker')} is missing`,
        description: 'What it measures is unknown, and most alerts stay silent.',
      },
      ...(others.length > 0 ? [workerMissing(others.map(({ name }) => name))] : []),
      {
        name: 'WorkerCrashLooping',
        expr: `${series(PROCESS_START).changes('30m').max('worker', 'instance')} >= 3`,
        severity: 'warning',
        summary: `${label('instance')} of ${label('worker')} starts again and again`,
        description: `It started ${VALUE} times in the last 30 minutes.`,
      },
    ],
  };
}

const workerMissing = (workers: readonly string[]): AlertSpec => ({
  name: 'WorkerMissing',
  expr: absent(workers),
  for: '5m',
  severity: 'warning',
  summary: `${label('worker')} is missing`,
  description: 'No replica of it can be scraped, and there has to be one.',
});

/** Nothing has no labels: each worker is asked for by itself. */
const absent = (workers: readonly string[]): string =>
  anyOf(
    ...workers.map((worker) =>
      new Vector<ScrapeLabel>(`absent(${series(UP, { worker })} == 1)`).labelled('worker', worker),
    ),
  ).expr;
