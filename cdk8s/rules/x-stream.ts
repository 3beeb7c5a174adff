// X: whether its filtered stream is followed.
import { METRICS } from '../../workers/contract/metrics.ts';
import type { Topology, WorkerSpec } from '../../workers/contract/topology.ts';
import { series } from '../promql.ts';
import { type GroupSpec, label, type RulesProps } from './rule.ts';

/** Whether a worker follows a stream of X. */
export const isXSource = ({ role }: Pick<WorkerSpec, 'role'>): boolean => role === 'twitter-exporter';

/** Names of the sources that follow a stream of X. */
export const xSources = ({ workers }: Topology): string[] =>
  workers.filter(isXSource).flatMap(({ environment }) => environment.SOURCE ?? []);

export function xStreamGroup({ topology }: RulesProps): GroupSpec {
  const source = xSources(topology);
  // Of what news-monitor knows, for of an exporter that does not run there is no series.
  const known = series(METRICS.feeds, { source }).max('source');
  const failing = series(METRICS.feeds, { source, status: 'failing' }).max('source').above(0);
  const led = series(METRICS.streamLeader, { source }).max('source').above(0);
  return {
    name: 'x-stream',
    records: [],
    alerts: [
      {
        name: 'XStreamDown',
        expr: `${failing}\nor (${known} unless (${led}))`,
        for: '5m',
        severity: 'warning',
        summary: `The stream of ${label('source')} is not followed`,
        description:
          'No replica leads, or the one that does is not connected. Posts are looked up afterwards, as far back as X allows.',
      },
    ],
  };
}
