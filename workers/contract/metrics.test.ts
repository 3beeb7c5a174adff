import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS } from './metrics.ts';
import { NATS_METRICS } from './nats-metrics.ts';

const specs = Object.values(METRICS);
const natsSpecs = Object.values(NATS_METRICS);

/** Every worker's name for what it is: the custom of Prometheus for a metric that is 1. */
const INFO = 'newsjet_build_info';
/** Names that nats-surveyor has given, against the conventions as they are; boards that know it expect them. */
const SURVEYOR = /^nats_(up|survey_|core_|stream_|consumer_)/;

describe('METRICS', () => {
  it.each([...specs, ...natsSpecs.filter(({ name }) => !SURVEYOR.test(name))])(
    '$name follows the conventions of Prometheus',
    ({ name }) => {
      expect(name).toMatch(/^newsjet_[a-z]+(_[a-z]+)*$/);
      if (name === INFO) return;
      // Suffixes that Prometheus itself puts behind a histogram's name.
      expect(name).not.toMatch(/_(count|sum|bucket|info)$/);
      // Base units: seconds and bytes, and a ratio rather than a percentage.
      expect(name).not.toMatch(/_(ms|millis|milliseconds|micros|nanos|minutes|hours|days|kb|mb|kib|mib|percent)(_|$)/);
      // A label is not repeated in the name, nor the kind of metric.
      expect(name).not.toMatch(/_(counter|gauge|histogram|by)(_|$)/);
    },
  );

  it.each([...specs, ...natsSpecs])('$name says in a sentence what it is, and by what', ({ help, labelNames }) => {
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
    names.push(...natsSpecs.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });

  it('is used as what its name says: a counter ends in _total, a duration in _seconds', () => {
    const kinds: Record<string, string> = {};
    for (const [key, { name }] of Object.entries(METRICS)) {
      // A time stands still, and so does an age; how long something takes is spread.
      const gauged = /_(timestamp|lag)_seconds$/.test(name) || !/_seconds$/.test(name);
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

/** The code of the workers that measure; nats-monitor has a table of its own, and a test that reads all of it. */
function workerSources(): string[] {
  const workers = new URL('../', import.meta.url);
  return readdirSync(workers, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !/node_modules|^nats-monitor/.test(name))
    .map((name) => readFileSync(new URL(name, workers), 'utf8'));
}
