// PromQL as it is written, and what the compiler refuses.
import { describe, expect, it } from 'vitest';
import { METRICS } from '../workers/contract/metrics.ts';
import { anyOf, buckets, quantile, recorded, series } from './promql.ts';
import { identifiers } from './rules/testing/identifiers.ts';

describe('a selector', () => {
  it.each([
    [series(METRICS.settled), 'newsjet_messages_settled_total{job="newsjet"}'],
    [series(METRICS.settled, { outcome: 'done' }), 'newsjet_messages_settled_total{job="newsjet", outcome="done"}'],
    [series(METRICS.polls, { outcome: ['a', 'b.c'] }), 'newsjet_feed_polls_total{job="newsjet", outcome=~"a|b\\\\.c"}'],
    [series(METRICS.polls, { source: { not: 'x' } }), 'newsjet_feed_polls_total{job="newsjet", source!="x"}'],
    [series(METRICS.polls, { source: { not: ['x', 'y'] } }), 'newsjet_feed_polls_total{job="newsjet", source!~"x|y"}'],
    [series(METRICS.feeds, { source: 'a"b\\c' }), 'newsjet_feeds{job="newsjet", source="a\\"b\\\\c"}'],
    [buckets(METRICS.work, { worker: 'w' }), 'newsjet_work_duration_seconds_bucket{job="newsjet", worker="w"}'],
    [recorded(METRICS.feeds), 'newsjet_feeds'],
    [recorded(METRICS.feeds, { status: 'gone' }), 'newsjet_feeds{status="gone"}'],
  ])('%s', (vector, expr) => {
    expect(`${vector}`).toBe(expr);
  });

  it('has the labels of its metric', () => {
    // @ts-expect-error it has no such label
    series(METRICS.settled, { source: 'paper' });
    // @ts-expect-error it can't be added up by a label that it does not have
    series(METRICS.settled).sum('subject');
    // @ts-expect-error a recorded series has the labels of its rule, and not those of a target
    recorded(METRICS.feeds, { job: 'newsjet' });
    // @ts-expect-error what is added up over all labels can't be renamed as if it had any of another name
    series(METRICS.settled).sum('stream').rename('source', 'feed');
    expect(series(METRICS.settled).sum('stream', 'job').expr).toMatch(/^sum by \(stream, job\) \(/);
  });
});

describe('an expression', () => {
  const feeds = recorded(METRICS.feeds);
  const settled = recorded(METRICS.settled);
  it.each([
    [feeds.max(), 'max(newsjet_feeds)'],
    [feeds.min('source'), 'min by (source) (newsjet_feeds)'],
    [feeds.above(2), 'newsjet_feeds > 2'],
    [feeds.plus(feeds).max('source'), 'max by (source) (newsjet_feeds + newsjet_feeds)'],
    [feeds.share(feeds), 'newsjet_feeds / (newsjet_feeds > 0)'],
    [feeds.rename('source', 'name'), 'label_replace(newsjet_feeds, "name", "$1", "source", "(.*)")'],
    [feeds.labelled('limit', 'bytes'), 'label_replace(newsjet_feeds, "limit", "bytes", "", "")'],
    [feeds.slope('5m'), 'deriv(newsjet_feeds[5m])'],
    [feeds.maxBefore('1d', '1h'), 'max_over_time(newsjet_feeds[1h] offset 1d)'],
    [settled.rate('5m'), 'rate(newsjet_messages_settled_total[5m])'],
    [quantile(0.99, feeds), 'histogram_quantile(0.99, newsjet_feeds)'],
    [anyOf(feeds, feeds), 'newsjet_feeds\nor\nnewsjet_feeds'],
  ])('%s', (vector, expr) => {
    expect(vector.expr).toBe(expr);
  });

  it('asks for metrics that can be told from everything else in it', () => {
    const expr =
      'sum by (a, b) (rate(x:y:z{job=~"p|q"}[5m])) and max(up) > 3\nunless on (c) label_replace(d_e offset 24h, "f", "g", "", "")';
    expect(identifiers(expr)).toEqual(['x:y:z', 'up', 'd_e']);
  });
});
