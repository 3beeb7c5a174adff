import { expect, it } from 'vitest';
import { parseDefinition } from '../workers/contract/parse-definition.ts';
import { computeTopology } from '../workers/contract/topology.ts';
import { roleEnvironment } from './role-environment.ts';

const { workers } = computeTopology(
  parseDefinition(
    'sources: { a: { kind: rss, feeds: [https://a.example/rss] }, x: { kind: twitter, rules: [{ value: cats, tag: cats }] } }',
  ),
);
const PLACES = {
  database: { uri: 'mongodb://127.0.0.1:1', description: 'one' },
  databaseName: undefined,
  readerUrl: 'http://127.0.0.1:2',
  newsroomUrl: undefined,
  xToken: undefined,
};

it('tells workers that items pass where traces are collected, and no others', () => {
  const telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };
  const told = workers.filter(
    (spec) => 'OTEL_EXPORTER_OTLP_ENDPOINT' in roleEnvironment(spec, { ...PLACES, telemetry }),
  );
  expect(told.map(({ name }) => name)).toEqual([
    'a-exporter',
    'a-consumer',
    'x-exporter',
    'x-consumer',
    'news-creator',
  ]);
  for (const spec of workers) {
    const own = roleEnvironment(spec, { ...PLACES, telemetry: undefined });
    expect(roleEnvironment(spec, { ...PLACES, telemetry })).toMatchObject(own);
    expect(own).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT');
  }
});
