import { expect, it } from 'vitest';
import { readEnvironment } from '../runtime/environment.ts';
import { MONITOR_OPTIONS } from './options.ts';

it('reads what the topology says', () => {
  const settings = readEnvironment(
    { CONSUMER: 'news-monitor', CONSUMERS: 'FEEDS/a-exporter, NEWS/news-creator', SOURCES: 'a=1,b=0', SERVERS: '3' },
    MONITOR_OPTIONS,
  );
  expect(settings).toEqual({
    consumer: 'news-monitor',
    consumers: [
      { stream: 'FEEDS', consumer: 'a-exporter' },
      { stream: 'NEWS', consumer: 'news-creator' },
    ],
    sources: [
      { source: 'a', feeds: 1 },
      { source: 'b', feeds: 0 },
    ],
    servers: 3,
    readerUrl: null,
    replayCommand: 'make replay SEQUENCE={sequence}',
    database: 'MongoDB',
  });
});

it('takes an address of news-reader, and nothing but the address', () => {
  const read = (READER_URL: string) =>
    readEnvironment({ READER_URL }, { readerUrl: MONITOR_OPTIONS.readerUrl }).readerUrl?.href;
  expect(read('http://news-reader:8080')).toBe('http://news-reader:8080/');
  for (const wrong of ['news-reader:8080', 'ftp://news-reader', 'http://news-reader/api', 'http://me@news-reader']) {
    expect(() => read(wrong), wrong).toThrow(/READER_URL is ".*": allowed: an http address without a path/);
  }
});

it('names everything that it can’t use, at once', () => {
  const read = () =>
    readEnvironment({ CONSUMER: 'news-monitor', CONSUMERS: 'FEEDS', SOURCES: 'a=1,b=,=2' }, MONITOR_OPTIONS);
  expect(read).toThrow(/CONSUMERS is "FEEDS": "FEEDS" is not of the form <stream>\/<consumer>/);
  expect(read).toThrow(/SOURCES is "a=1,b=,=2": "b=" is not of the form <source>=<number of feeds>/);
});
