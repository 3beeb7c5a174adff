import { expect, it } from 'vitest';
import { METRICS } from '../contract/metrics.ts';
import { durations, Registry } from './metrics.ts';

/** The upper bounds of a histogram's buckets, but for the last, which has none. */
async function bounds(metric: Parameters<typeof durations>[1]): Promise<number[]> {
  const registry = new Registry();
  durations(registry, metric).observe({}, 0.1);
  const text = await registry.metrics();
  return [...text.matchAll(/le="([\d.]+)"/g)].map(([, bound]) => Number(bound));
}

it('measures work up to a minute, and what waits in streams up to hours', async () => {
  const work = await bounds(METRICS.work);
  expect([work[0], work.at(-1)]).toEqual([0.001, 60]);
  for (const metric of [METRICS.latency, METRICS.storeLatency]) {
    const latency = await bounds(metric);
    expect([metric.name, latency[0], latency.at(-1)]).toEqual([metric.name, 0.005, 14_400]);
    expect(latency).toEqual([...latency].sort((a, b) => a - b));
  }
});
