import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS } from './metrics.ts';

const specs = Object.values(METRICS);

describe('METRICS', () => {
  it.each(specs)('$name follows the conventions of Prometheus', ({ name, help, labelNames }) => {
    expect(name).toMatch(/^newsjet_[a-z]+(_[a-z]+)*$/);
    // Suffixes that Prometheus itself puts behind a histogram's name.
    expect(name).not.toMatch(/_(count|sum|bucket|info)$/);
    // Base units: seconds and bytes, and a ratio rather than a percentage.
    expect(name).not.toMatch(/_(ms|millis|milliseconds|micros|nanos|minutes|hours|days|kb|mb|kib|mib|percent)(_|$)/);
    // A label is not repeated in the name, nor the kind of metric.
    expect(name).not.toMatch(/_(counter|gauge|histogram|by)(_|$)/);
    expect(help).toMatch(/^[A-Z].*[^.]$/);
    for (const label of labelNames) {
      expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/);
      // What Prometheus, its scrape or the registry of a worker set.
      expect(['le', 'quantile', 'job', 'instance', 'worker']).not.toContain(label);
    }
    expect(new Set(labelNames).size).toBe(labelNames.length);
  });

  it('names no two metrics alike, not even by the suffixes of a histogram', () => {
    const names = specs.flatMap(({ name }) => [name, `${name}_count`, `${name}_sum`, `${name}_bucket`]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('is used as what its name says: a counter ends in _total, a duration in _seconds', () => {
    const kinds: Record<string, string> = {};
    for (const [key, { name }] of Object.entries(METRICS)) {
      // A time stands still; how long something takes is spread.
      const gauged = /_timestamp_seconds$/.test(name) || !/_seconds$/.test(name);
      const kind = /_total$/.test(name) ? 'counter' : gauged ? 'gauge or sizes' : 'durations';
      kinds[key] = kind;
    }
    const uses = workerSources().flatMap((source) => [
      ...source.matchAll(/\b(counter|gauge|durations|sizes)\([^,()]+, METRICS\.(\w+)\)/g),
    ]);
    const used = new Map(uses.map(([, kind, key]) => [key as string, kind as string]));
    // Every metric of the table is some worker's, and of one kind only.
    expect([...used.keys()].sort()).toEqual(Object.keys(METRICS).sort());
    for (const [, kind, key] of uses) expect(kinds[key as string], key).toContain(kind);
  });
});

/** The code of the workers that measure. */
function workerSources(): string[] {
  const workers = new URL('../', import.meta.url);
  return readdirSync(workers, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('node_modules'))
    .map((name) => readFileSync(new URL(name, workers), 'utf8'));
}
