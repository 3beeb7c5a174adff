// Feeds: what polls come to, feed by feed and source by source.
import { METRICS, metric } from '../../workers/contract/metrics.ts';
import { buckets, type Match, quantile, recorded, series } from '../promql.ts';
import { type GroupSpec, label, type RulesProps, record, VALUE, VALUE_PERCENTAGE } from './rule.ts';
import { xSources } from './x-stream.ts';

export const FEED_RECORDS = {
  polls: metric('source_outcome:newsjet_feed_polls:rate5m', 'Polls a second', 'source', 'outcome'),
  success: metric('source:newsjet_feed_polls_succeeded:ratio_rate15m', 'Share of polls that were answered', 'source'),
  fetchMedian: metric('source:newsjet_feed_fetch_duration_seconds:p50_5m', 'Time to fetch a feed, median', 'source'),
  fetchHigh: metric('source:newsjet_feed_fetch_duration_seconds:p99_5m', 'Time to fetch a feed, of 1 % more', 'source'),
  items: metric('source_outcome:newsjet_items_read:rate5m', 'News items read a second', 'source', 'outcome'),
  failing: metric('source:newsjet_feeds_failing:ratio', 'Share of the feeds of a source that fail', 'source'),
} as const;

/** Once an hour without success a feed is backing off; before, it may be a server that is started again. */
const FAILING_FOR_SECONDS = 3_600;
const FAILURES = 3;
const SUCCEEDED = ['document', 'unchanged'];

export function feedsGroup({ topology }: RulesProps): GroupSpec {
  // X is no feed, though it has the state of one: see x-stream.ts.
  const x = xSources(topology);
  const source: { readonly source?: Match } = x.length > 0 ? { source: { not: x } } : {};
  const failures = series(METRICS.feedFailures, source).max('source', 'feed');
  const lastSuccess = series(METRICS.feedSuccess, source).max('source', 'feed');
  return {
    name: 'feeds',
    records: records(source),
    alerts: [
      {
        name: 'FeedFailing',
        // What never succeeded has no last success.
        expr: `${failures} >= ${FAILURES}\nunless (time() - ${lastSuccess} < ${FAILING_FOR_SECONDS})`,
        for: '15m',
        severity: 'info',
        summary: `The feed ${label('feed')} of ${label('source')} fails`,
        description: `${VALUE} polls in a row failed, and none succeeded for an hour.`,
      },
      {
        name: 'FeedsFailing',
        expr: `${recorded(FEED_RECORDS.failing)} >= 0.5`,
        for: '15m',
        severity: 'warning',
        summary: `Feeds of ${label('source')} fail`,
        description: `${VALUE_PERCENTAGE} of its feeds fail: that many at once have a common cause.`,
      },
      {
        name: 'FeedGone',
        expr: series(METRICS.feeds, { ...source, status: 'gone' })
          .max('source')
          .above(0).expr,
        severity: 'info',
        summary: `A feed of ${label('source')} is gone`,
        description: `Feeds that answered 410, and are polled no more: ${VALUE}.`,
      },
    ],
  };
}

function records(source: { readonly source?: Match }) {
  const fetches = buckets(METRICS.fetchDuration).rate('5m').sum('source', 'le');
  const succeeded = series(METRICS.polls, { outcome: SUCCEEDED }).rate('15m').sum('source');
  const failing = series(METRICS.feeds, { ...source, status: 'failing' }).max('source');
  return [
    record(FEED_RECORDS.polls, series(METRICS.polls).rate('5m').sum('source', 'outcome')),
    record(FEED_RECORDS.success, succeeded.share(series(METRICS.polls).rate('15m').sum('source'))),
    record(FEED_RECORDS.fetchMedian, quantile(0.5, fetches)),
    record(FEED_RECORDS.fetchHigh, quantile(0.99, fetches)),
    record(FEED_RECORDS.items, series(METRICS.items).rate('5m').sum('source', 'outcome')),
    record(FEED_RECORDS.failing, failing.share(series(METRICS.feeds, source).max('source', 'status').sum('source'))),
  ];
}
