import { describe, expect, it } from 'vitest';
import { watch } from './watched.ts';

const DECLARED = {
  sources: [{ source: 'papers', feeds: 2 }],
  consumers: [
    { stream: 'FEEDS', consumer: 'papers-exporter' },
    { stream: 'SOURCES', consumer: 'papers-consumer' },
    { stream: 'NEWS', consumer: 'news-creator' },
    { stream: 'PROCESSED', consumer: 'news-monitor' },
  ],
};
const workers = (found: Parameters<typeof watch>[1]): string[] =>
  watch(DECLARED, found).flow.map(({ worker }) => worker);

describe('watch', () => {
  it('is what is declared where nothing was found', () => {
    expect(watch(DECLARED, []).consumers).toEqual(DECLARED.consumers);
    expect(workers([])).toEqual(['papers-exporter', 'papers-consumer', 'news-creator', 'news-monitor']);
  });

  it('puts what was found before the workers that all share', () => {
    const { consumers, flow } = watch(DECLARED, [{ source: 'radio', follows: false }]);
    expect(consumers.map(({ stream, consumer }) => `${stream}/${consumer}`)).toEqual([
      'FEEDS/papers-exporter',
      'SOURCES/papers-consumer',
      'FEEDS/radio-exporter',
      'SOURCES/radio-consumer',
      'NEWS/news-creator',
      'PROCESSED/news-monitor',
    ]);
    expect(flow.filter(({ source }) => source === 'radio')).toEqual([
      {
        worker: 'radio-exporter',
        role: 'exporter',
        source: 'radio',
        takes: 'FEEDS',
        gives: { stream: 'SOURCES', subject: 'SOURCES.radio', worker: 'radio-consumer' },
      },
      expect.objectContaining({ worker: 'radio-consumer', takes: 'SOURCES' }),
    ]);
  });

  it('expects no consumer of what follows a stream outside', () => {
    const { consumers, flow } = watch(DECLARED, [{ source: 'square', follows: true }]);
    expect(consumers).not.toContainEqual({ stream: 'FEEDS', consumer: 'square-exporter' });
    expect(flow).toContainEqual(expect.objectContaining({ worker: 'square-exporter', takes: null }));
  });
});
