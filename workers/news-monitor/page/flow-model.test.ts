import { describe, expect, it } from 'vitest';
import type { ConsumerRow, FlowStep, KnownConsumer } from '../snapshot.ts';
import { describeFlow, type FlowReading, foldSources } from './flow-model.ts';

const known = (stream: string, consumer: string, changes: Partial<KnownConsumer> = {}): KnownConsumer => ({
  stream,
  consumer,
  pending: 0,
  ackPending: 0,
  redelivered: 0,
  lag: 0,
  perSecond: 0,
  arrivingPerSecond: 0,
  lagSeconds: 0,
  ...changes,
});

const step = (worker: string, role: FlowStep['role'], takes: string | null, source: string | null): FlowStep => ({
  worker,
  role,
  takes,
  source,
  gives: null,
});

const flowOf = (sources: readonly string[]): FlowStep[] => [
  ...sources.map((source) => step(`${source}-exporter`, 'exporter', 'FEEDS', source)),
  ...sources.map((source) => step(`${source}-consumer`, 'consumer', 'SOURCES', source)),
  step('news-creator', 'creator', 'NEWS', null),
  step('news-monitor', 'monitor', 'PROCESSED', null),
];

function reading(sources: readonly string[], consumers: readonly ConsumerRow[], rest: Partial<FlowReading> = {}) {
  return { flow: flowOf(sources), consumers, replicas: {}, deadLetters: 0, ...rest } satisfies FlowReading;
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);

describe('sources', () => {
  it('have a lane each while there are few', () => {
    expect(foldSources(reading(numbered(6), []), 6).map(({ key }) => key)).toEqual(numbered(6));
  });

  it('are folded when there are many; those in trouble or with most news keep a lane, in their order', () => {
    const rows = [
      known('SOURCES', 's90-consumer', { lag: 500 }),
      known('SOURCES', 's70-consumer', { perSecond: 900 }),
      known('SOURCES', 's40-consumer', { lag: 1, lagSeconds: 45 }),
      { stream: 'SOURCES', consumer: 's10-consumer', unknown: 'no answer' },
      known('FEEDS', 's5-exporter', { lag: 3 }),
    ];
    const lanes = foldSources(reading(numbered(100), rows), 5);
    expect(lanes.slice(0, 4).map(({ key }) => key)).toEqual(['s5', 's10', 's40', 's90']);
    expect(lanes[4]?.sources).toHaveLength(96);
    expect(lanes.flatMap(({ sources }) => sources).sort()).toEqual(numbered(100).sort());
  });
});

describe('edges', () => {
  const described = (rows: readonly ConsumerRow[]) =>
    describeFlow(reading(['a'], rows), [{ key: 'a', sources: ['a'] }]).edges;
  const pull = (changes: Partial<KnownConsumer>) => described([known('SOURCES', 'a-consumer', changes)]).get('pull/a');

  it.each([
    [{}, { rate: '0/s', lag: '', state: 'idle' }],
    [{ perSecond: 12.3 }, { rate: '12/s', lag: '', state: 'flowing' }],
    [
      { perSecond: 2, lag: 1_250, pending: 1_250, lagSeconds: 4.2 },
      { rate: '2.0/s', lag: '1.3K · 4 s', state: 'flowing' },
    ],
    [
      { perSecond: 2, lag: 7, pending: 7, lagSeconds: null },
      { lag: '7', state: 'flowing' },
    ],
    [
      { perSecond: 2, lag: 7, pending: 7, lagSeconds: 61 },
      { lag: '7 · 1 min', state: 'behind' },
    ],
    [
      { perSecond: 0, lag: 7, pending: 7, lagSeconds: 3 },
      { rate: '0/s', state: 'behind' },
    ],
    [
      { perSecond: null, lag: 0 },
      { rate: '', state: 'idle' },
    ],
  ])('of a pull that is %j say %j', (changes, texts) => {
    expect(pull(changes)).toMatchObject(texts);
  });

  it('say that a lag could not be read, and never 0', () => {
    const edge = described([{ stream: 'SOURCES', consumer: 'a-consumer', unknown: 'no answer' }]).get('pull/a');
    expect(edge).toMatchObject({ rate: '', lag: 'unknown', state: 'unknown' });
  });

  it('from workers show what arrives in the stream after them', () => {
    const edges = described([
      known('SOURCES', 'a-consumer', { arrivingPerSecond: 3, perSecond: 2 }),
      known('NEWS', 'news-creator', { perSecond: 20 }),
      known('PROCESSED', 'news-monitor', { arrivingPerSecond: 15 }),
    ]);
    expect(edges.get('publish/a')?.rate).toBe('3.0/s');
    expect(edges.get('news/a')).toMatchObject({ rate: '', state: 'flowing' });
    expect(edges.get('create')?.rate).toBe('20/s');
    expect([edges.get('store')?.rate, edges.get('process')?.rate]).toEqual(['15/s', '15/s']);
  });
});

describe('stations', () => {
  const sources = ['a', 'b'];
  const lanes = [
    { key: 'a', sources: ['a'] },
    { key: '\u0000rest', sources: ['b'] },
  ];
  const at = (rest: Partial<FlowReading>, key: string) =>
    describeFlow(reading(sources, [], rest), lanes).stations.get(key);

  it('say how many replicas run, and warn where none does', () => {
    const replicas = { 'a-consumer': 3, 'b-consumer': 2, 'news-creator': 1 };
    expect(at({ replicas }, 'consumer/a')).toMatchObject({ title: 'a', detail: 'consumer ×3', alarm: false });
    expect(at({ replicas }, 'consumer/\u0000rest')).toMatchObject({ title: '1 more', detail: 'consumer ×2' });
    expect(at({ replicas }, 'creator')).toMatchObject({ detail: '×1', full: 'news-creator: 1 replica' });
    expect(at({ replicas }, 'exporter/a')).toMatchObject({ detail: 'exporter ×0', alarm: true });
  });

  it('say that replicas could not be read', () => {
    const replicas = { unknown: 'no answer' };
    expect(at({ replicas }, 'creator')).toMatchObject({ detail: '×?', alarm: false });
    expect(at({ replicas }, 'creator')?.full).toBe('news-creator: replicas unknown, no answer');
  });

  it('count dead letters', () => {
    expect(at({}, 'dlq')).toMatchObject({ detail: '0', alarm: false });
    expect(at({ deadLetters: 1_200 }, 'dlq')).toMatchObject({ detail: '1,200', alarm: true });
    expect(at({ deadLetters: { unknown: 'x' } }, 'dlq')).toMatchObject({ detail: 'unknown' });
  });
});
