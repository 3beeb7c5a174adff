import { expect, it } from 'vitest';
import { parseDefinition } from '../contract/parse-definition.ts';
import { computeTopology } from '../contract/topology.ts';
import { layOutFlow } from './flow.ts';

const topology = computeTopology(
  parseDefinition(`
sources:
  harbour: { kind: rss, feeds: [{ url: https://harbour.example/rss, name: one }] }
  birds: { kind: twitter, rules: [{ value: tern, tag: terns }] }
`),
);
const consumers = topology.consumers.map(({ stream, name }) => ({ stream, consumer: name }));
const flow = layOutFlow(['harbour', 'birds'], consumers);

it('leads from the exporters to the monitor, along consumers that there are', () => {
  expect(flow.map(({ worker, role, source, takes }) => [worker, role, source, takes])).toEqual([
    ['harbour-exporter', 'exporter', 'harbour', 'FEEDS'],
    // It follows X's stream.
    ['birds-exporter', 'exporter', 'birds', null],
    ['harbour-consumer', 'consumer', 'harbour', 'SOURCES'],
    ['birds-consumer', 'consumer', 'birds', 'SOURCES'],
    ['news-creator', 'creator', null, 'NEWS'],
    ['news-monitor', 'monitor', null, 'PROCESSED'],
  ]);
});

it('goes into the streams and subjects that the next worker’s consumer takes from', () => {
  for (const { gives } of flow) {
    if (gives === null) continue;
    const next = topology.consumers.find(({ name }) => name === gives.worker);
    expect([next?.stream, next?.filterSubject]).toEqual([gives.stream, gives.subject]);
  }
  expect(flow.filter(({ gives }) => gives === null).map(({ worker }) => worker)).toEqual(['news-monitor']);
});
