import { expect, it } from 'vitest';
import { parseDefinition } from '../workers/contract/parse-definition.ts';
import { computeTopology } from '../workers/contract/topology.ts';
import { planReplicas, replicaCount } from './replicas.ts';

const topology = computeTopology(
  parseDefinition(`
sources:
  planet: { kind: rss, feeds: [https://planet.example/rss.xml] }
workers:
  news-creator: { replicas: { min: 2, max: 3 } }
`),
);
const ports = Array.from({ length: replicaCount(topology) }, (_, index) => 40_000 + index);

it('gives each process a name and a port of its own', () => {
  const replicas = planReplicas(topology, ports, 0);
  const creators = replicas.filter(({ spec }) => spec.name === 'news-creator');
  expect(creators.map(({ name }) => name)).toEqual(['news-creator-0', 'news-creator-1']);
  expect(replicas.map(({ name }) => name)).toContain('planet-exporter');
  expect(replicas.map(({ port }) => port)).toEqual(ports);
});

it('gives the page the port that was asked for', () => {
  const replicas = planReplicas(topology, ports, 8_080);
  expect(replicas.filter(({ port }) => port === 8_080).map(({ name }) => name)).toEqual(['news-monitor']);
});

it('refuses to leave a process without a port', () => {
  expect(() => planReplicas(topology, ports.slice(1), 0)).toThrow(
    `has no port: ${ports.length} are needed, ${ports.length - 1} were given`,
  );
});
