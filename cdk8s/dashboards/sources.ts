// The dashboard *Sources*: every feed, how fresh it is, and what its polls come to.
import { MessagesPerSecond, PercentUnit, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { METRICS } from '../../workers/contract/metrics.ts';
import type { Dashboard } from '../charts/dashboard-config-map.ts';
import { RATE_INTERVAL, recorded, series, type Vector } from '../promql.ts';
import { FEED_RECORDS } from '../rules/feeds.ts';
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
const FAILURES = 'Failures in a row';
const SINCE_SUCCESS = `time() - ${series(METRICS.feedSuccess).max('source', 'feed')}`;
/** Lines that can be told apart. */
const LINES = 20;

/** A source may have thousands of feeds. */
const largest = (expr: Vector<'source' | 'feed'> | string): string => `topk(${LINES}, ${expr})`;

const feeds = (): RowSpec => ({
  title: 'Feeds',
  panels: [
    {
      kind: 'graph',
      title: 'Feeds, by status',
      description: 'Feeds that are active, that fail, and that are gone for good (their server answered 410).',
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
        'How long ago each feed was last read or said to be unchanged, polls that failed in a row since, and items read from it in the last hour. Of thousands of feeds, the 1,000 that fail most.',
      unit: Short,
      queries: [
        {
          expr: series(METRICS.feedFailures).max('source', 'feed'),
          legend: FAILURES,
          limits: { attention: 1, wrong: 3 },
        },
        { expr: SINCE_SUCCESS, legend: 'Last success', unit: Seconds },
        { expr: series(METRICS.feedItems).increase('1h').sum('source', 'feed'), legend: 'Items in an hour' },
      ],
      largestFirst: FAILURES,
      width: 24,
    },
    {
      kind: 'graph',
      title: 'Items, by feed',
      description:
        'News items read from the documents of the feeds that bring most, a second. Most of them are known already.',
      unit: MessagesPerSecond,
      queries: [{ expr: largest(series(METRICS.feedItems).rate(rate).sum('source', 'feed')), legend: FEED }],
    },
    {
      kind: 'graph',
      title: 'Age, by feed',
      description:
        'Time since the feeds of which nothing was heard for longest were last read or said to be unchanged: a saw, whose teeth are as long as the interval of a feed.',
      unit: Seconds,
      queries: [{ expr: largest(SINCE_SUCCESS), legend: FEED }],
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
      limits: { attention: 0.9, wrong: 0.5 },
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
