// The process's metrics: a registry with Node's own figures, and metrics made from the contract's table.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricSpec } from '../contract/metrics.ts';
import { VERSION } from './version.ts';

export { Registry } from 'prom-client';

/** Buckets in seconds of what a process does at a stretch: from a millisecond to a minute. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Of what an item goes through, the waits in streams included: up to hours where something was away. */
const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400];
const MESSAGES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/** Creates a registry that already holds Node's figures, and which version runs. */
export function createRegistry(worker: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ worker });
  collectDefaultMetrics({ register: registry });
  gauge(registry, METRICS.build).set({ version: VERSION, node: process.versions.node }, 1);
  return registry;
}

const labels = <L extends string>(spec: MetricSpec<L>) => ({
  name: spec.name,
  help: spec.help,
  labelNames: [...spec.labelNames],
});

export const counter = <L extends string>(registry: Registry, spec: MetricSpec<L>): Counter<L> =>
  new Counter({ ...labels(spec), registers: [registry] });
export const gauge = <L extends string>(registry: Registry, spec: MetricSpec<L>): Gauge<L> =>
  new Gauge({ ...labels(spec), registers: [registry] });
export const durations = <L extends string>(registry: Registry, spec: MetricSpec<L>): Histogram<L> =>
  new Histogram({
    ...labels(spec),
    buckets: spec.name.endsWith('_latency_seconds') ? LATENCY_SECONDS : SECONDS,
    registers: [registry],
  });
export const sizes = <L extends string>(registry: Registry, spec: MetricSpec<L>): Histogram<L> =>
  new Histogram({ ...labels(spec), buckets: MESSAGES, registers: [registry] });
