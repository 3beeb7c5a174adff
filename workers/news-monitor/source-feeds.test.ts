import { describe, expect, it } from 'vitest';
import { later, START, sampleFeed } from './board-samples.ts';
import { SourceFeeds } from './source-feeds.ts';

function summary(declared: number, feeds: readonly ReturnType<typeof sampleFeed>[], listed = 50) {
  const source = new SourceFeeds('harbour', declared);
  for (const feed of feeds) source.record(feed);
  return source.summarise(listed);
}

describe('a source', () => {
  it('is shown before its first poll', () => {
    expect(summary(3, [])).toEqual({
      source: 'harbour',
      total: 3,
      active: 0,
      failing: 0,
      gone: 0,
      lastPollAt: null,
      nextPollAt: null,
      lastError: null,
      feeds: [],
    });
  });

  it('adds its feeds up', () => {
    const row = summary(2, [
      sampleFeed('a'),
      sampleFeed('b', { status: 'failing', failures: 2, lastPollAt: later(5_000).toISOString(), lastError: '503' }),
      sampleFeed('c', { status: 'failing', failures: 9, lastPollAt: later(2_000).toISOString(), lastError: 'refused' }),
      sampleFeed('d', { status: 'gone', nextPollAt: later(-9_000).toISOString(), lastError: '410 Gone' }),
      sampleFeed('e', { nextPollAt: later(7_000).toISOString(), lastPollAt: null }),
    ]);
    expect(row).toMatchObject({ total: 5, active: 2, failing: 2, gone: 1 });
    expect(row.lastPollAt).toBe(later(5_000).toISOString());
    // The feed that is gone is polled no more, whatever it says.
    expect(row.nextPollAt).toBe(later(7_000).toISOString());
    expect(row.lastError).toEqual({ feed: 'b', error: '503', at: later(5_000).toISOString() });
    expect(row.feeds.map(({ feed }) => feed)).toEqual(['c', 'b', 'd', 'a', 'e']);
    expect(row.feeds[2]?.nextPollAt).toBeNull();
  });

  it('names the error of a feed that was never polled with a time', () => {
    const row = summary(0, [sampleFeed('a', { lastPollAt: null, lastError: 'no such host' })]);
    expect(row.lastError).toEqual({ feed: 'a', error: 'no such host', at: null });
    const both = summary(0, [
      sampleFeed('a', { lastPollAt: null, lastError: 'no such host' }),
      sampleFeed('b', { lastError: 'refused' }),
    ]);
    expect(both.lastError?.feed).toBe('b');
  });

  it('lists failing feeds first, and never more than asked for, of ten thousand', () => {
    const feeds = Array.from({ length: 10_000 }, (_, index) => {
      const failing = index % 500 === 499;
      return sampleFeed(`feed-${String(index).padStart(5, '0')}`, {
        status: failing ? 'failing' : 'active',
        failures: failing ? 1 : 0,
        lastError: failing ? 'x'.repeat(5_000) : null,
        lastPollAt: START.toISOString(),
      });
    });
    const row = summary(10_000, feeds);
    expect(row).toMatchObject({ total: 10_000, active: 9_980, failing: 20 });
    expect(row.feeds).toHaveLength(50);
    expect(row.feeds.map(({ status }) => status)).toEqual([...Array(20).fill('failing'), ...Array(30).fill('active')]);
    expect(row.feeds[0]).toMatchObject({ feed: 'feed-00499', lastError: `${'x'.repeat(199)}…` });
    expect(row.feeds[20]?.feed).toBe('feed-00000');
  });

  it('does not show addresses, which may hold secrets', () => {
    expect(JSON.stringify(summary(0, [sampleFeed('a', { url: 'https://user:secret@a.example/' })]))).not.toContain(
      'secret',
    );
  });
});
