// All dashboards of a topology, the one that people open first at the head.
import type { Dashboard } from '../charts/dashboard-config-map.ts';
import type { DashboardProps } from './dashboard.ts';
import { jetStreamDashboard } from './jetstream.ts';
import { pipelineDashboard } from './pipeline.ts';
import { sourcesDashboard } from './sources.ts';
import { workersDashboard } from './workers.ts';

/** Computes the dashboards. Pure: equal topologies give equal dashboards. */
export const dashboards = (props: DashboardProps): Dashboard[] => [
  pipelineDashboard(props),
  jetStreamDashboard(props),
  sourcesDashboard(props),
  workersDashboard(props),
];
