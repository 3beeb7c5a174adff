// The dashboard *Sources*: every feed, how fresh it is, and what its polls come to.
import { MessagesPerSecond, PercentUnit, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { METRICS } from '../../workers/contract/metrics.ts';
import type { Dashboard } from '../charts/dashboard-config-map.ts';
import { FEED_RECORDS } from '../rules/feeds.ts';
import { RATE_INTERVAL, recorded, series } from '../rules/vector.ts';
import { isXSource } from '../rules/x-stream.ts';
import { type DashboardProps, dashboard, type RowSpec } from './dashboard.ts';

export const sourcesDashboard = ({ topology }: DashboardProps): Dashboard =>
  dashboard({
    uid: 'newsjet-sources',
    title: 'Newsjet: Sources',
    description: 'Every feed: freshness, errors, items; and X, where it is followed.',
    rows: [feeds(), polls(), reading(), ...(topology.workers.some(isXSource) ? [x()] : [])],
  });

const rate = RATE_INTERVAL;
const FEED = '{{source}} / {{feed}}';

const feeds = (): RowSpec => ({
  title: 'Feeds',
  panels: [
    {
      kind: 'graph',
      title: 'Feeds, by status',
      description: 'Active, failing, and gone for good (their server answered 410).',
      unit: Short,
      queries: [{ expr: series(METRICS.feeds).max('source', 'status').sum('status'), legend: '{{status}}' }],
      stacked: true,
    },
    {
      kind: 'graph',
      title: 'Share of feeds that fail, by source',
      description: 'Many at once have a common cause: the network, a host, an address that is not allowed.',
      unit: PercentUnit,
      queries: [{ expr: recorded(FEED_RECORDS.failing), legend: '{{source}}' }],
      limits: { attention: 0.2, wrong: 0.5 },
    },
    {
      kind: 'table',
      title: 'Feeds',
      description:
        'Seconds since each feed was last read or said to be unchanged, polls that failed in a row since, and items read from it in the last hour. At most 1,000 feeds, those that fail first.',
      unit: Short,
      queries: [
        { expr: `time() - ${series(METRICS.feedSuccess).max('source', 'feed')}`, legend: 'Seconds since success' },
        { expr: series(METRICS.feedFailures).max('source', 'feed'), legend: 'Failures in a row' },
        { expr: series(METRICS.feedItems).increase('1h').sum('source', 'feed'), legend: 'Items in an hour' },
      ],
      width: 24,
    },
    {
      kind: 'graph',
      title: 'Items, by feed',
      description: 'News items read from the documents of each feed, a second. Most of them are known already.',
      unit: MessagesPerSecond,
      queries: [{ expr: series(METRICS.feedItems).rate(rate).sum('source', 'feed'), legend: FEED }],
    },
    {
      kind: 'graph',
      title: 'Age, by feed',
      description:
        'Time since each feed was last read or said to be unchanged: a saw, whose teeth are as long as its interval.',
      unit: Seconds,
      queries: [{ expr: `time() - ${series(METRICS.feedSuccess).max('source', 'feed')}`, legend: FEED }],
    },
  ],
});

const polls = (): RowSpec => ({
  title: 'Polls',
  panels: [
    {
      kind: 'graph',
      title: 'Polls, by outcome',
      description: 'Polls a second: a new document, an unchanged one, or what failed.',
      unit: MessagesPerSecond,
      queries: [{ expr: recorded(FEED_RECORDS.polls), legend: '{{source}}: {{outcome}}' }],
      stacked: true,
    },
    {
      kind: 'graph',
      title: 'Share of polls that were answered',
      description: 'Polls of a source that brought a document or a word that it has not changed.',
      unit: PercentUnit,
      queries: [{ expr: recorded(FEED_RECORDS.success), legend: '{{source}}' }],
    },
    {
      kind: 'graph',
      title: 'Time to fetch, 99 %',
      description: 'From the request to the whole body; all but one in a hundred took this long or less.',
      unit: Seconds,
      queries: [{ expr: recorded(FEED_RECORDS.fetchHigh), legend: '{{source}}' }],
    },
    {
      kind: 'graph',
      title: 'Time to fetch, median',
      description: 'From the request to the whole body; half took this long or less.',
      unit: Seconds,
      queries: [{ expr: recorded(FEED_RECORDS.fetchMedian), legend: '{{source}}' }],
    },
  ],
});

const reading = (): RowSpec => ({
  title: 'Reading',
  panels: [
    {
      kind: 'graph',
      title: 'Items read, by outcome',
      description: 'News items a second that documents held, and those that had to be left out.',
      unit: MessagesPerSecond,
      queries: [{ expr: recorded(FEED_RECORDS.items), legend: '{{source}}: {{outcome}}' }],
      stacked: true,
    },
    {
      kind: 'graph',
      title: 'Documents, by reader',
      description: 'Documents a second that the strict reader took, and those that only the tolerant one could read.',
      unit: MessagesPerSecond,
      queries: [
        { expr: series(METRICS.documents).rate(rate).sum('source', 'reader'), legend: '{{source}}: {{reader}}' },
      ],
      stacked: true,
    },
  ],
});

const x = (): RowSpec => ({
  title: 'X',
  panels: [
    {
      kind: 'graph',
      title: 'Posts, by what became of them',
      description: 'Posts a second that the filtered stream brought, or the recent search after a gap.',
      unit: MessagesPerSecond,
      queries: [
        {
          expr: series(METRICS.streamPosts).rate(rate).sum('source', 'origin', 'outcome'),
          legend: '{{source}} {{origin}}: {{outcome}}',
        },
      ],
      stacked: true,
    },
    {
      kind: 'graph',
      title: 'Who follows the stream',
      description: 'Replicas of each source that follow it: one, for X allows no more. None: nobody could connect.',
      unit: Short,
      queries: [{ expr: series(METRICS.streamLeader).sum('source'), legend: '{{source}}' }],
    },
  ],
});
