// The alerts of feeds, each to be raised and to stay silent.
import { METRICS } from '../../workers/contract/metrics.ts';
import { describeAlerts } from './testing/alert-cases.ts';
import { input } from './testing/input.ts';

const MONITOR = { worker: 'news-monitor', instance: 'news-monitor-1' };
const NEXT_MONITOR = { worker: 'news-monitor', instance: 'news-monitor-2' };
const FEED = { source: 'paper', feed: 'world' };
const failures = (values: string, feed = FEED) => input(METRICS.feedFailures, feed, values, MONITOR);
const lastSuccess = (values: string) => input(METRICS.feedSuccess, FEED, values, MONITOR);
const feeds = (status: string, values: string, source = 'paper', monitor = MONITOR) =>
  input(METRICS.feeds, { source, status }, values, monitor);

const failing = (polls: number) => ({
  labels: FEED,
  summary: 'The feed world of paper fails',
  description: `${polls} polls in a row failed, and none succeeded for an hour.`,
});
const manyFail = (share: string) => ({
  labels: { source: 'paper' },
  summary: 'Feeds of paper fail',
  description: `${share} of its feeds fail: that many at once have a common cause.`,
});

describeAlerts('feeds', {
  FeedFailing: {
    fires: [
      {
        when: 'polls go on failing an hour after the last success',
        series: [failures('0x30 1+1x90'), lastSuccess('1800x120')],
        at: '110m',
        alerts: [failing(80)],
      },
      { when: 'no poll ever succeeded', series: [failures('3x60')], at: '20m', alerts: [failing(3)] },
    ],
    silent: [
      {
        when: 'the last success is less than an hour ago',
        series: [failures('0x30 1+1x90'), lastSuccess('1800x120')],
        at: '80m',
      },
      { when: 'two polls failed', series: [failures('2x120')], at: '110m' },
      { when: 'it is X that fails', series: [failures('9x60', { source: 'x', feed: 'stream' })], at: '20m' },
    ],
  },
  FeedsFailing: {
    fires: [
      {
        when: 'half of the feeds of a source fail',
        series: [feeds('active', '40x30'), feeds('failing', '50x30'), feeds('gone', '10x30')],
        at: '20m',
        alerts: [manyFail('50%')],
      },
      {
        when: 'two monitors say so',
        series: [
          ...[feeds('active', '0x30'), feeds('failing', '1x30')],
          ...[feeds('active', '0x30', 'paper', NEXT_MONITOR), feeds('failing', '1x30', 'paper', NEXT_MONITOR)],
        ],
        at: '20m',
        alerts: [manyFail('100%')],
      },
    ],
    silent: [
      { when: 'fewer fail', series: [feeds('active', '51x30'), feeds('failing', '49x30')], at: '20m' },
      { when: 'there are no feeds', series: [feeds('active', '0x30'), feeds('failing', '0x30')], at: '20m' },
      {
        when: 'they fail for a moment',
        series: [feeds('active', '0x30'), feeds('failing', '0x10 1x10 0x10')],
        at: '20m',
      },
      { when: 'it is X that fails', series: [feeds('active', '0x30', 'x'), feeds('failing', '1x30', 'x')], at: '20m' },
    ],
  },
  FeedGone: {
    fires: [
      {
        when: 'a server answered 410',
        series: [feeds('active', '9x5'), feeds('gone', '0x1 1x4')],
        at: '3m',
        alerts: [
          {
            labels: { source: 'paper' },
            summary: 'A feed of paper is gone',
            description: 'Feeds that answered 410, and are polled no more: 1.',
          },
        ],
      },
    ],
    silent: [{ when: 'none did', series: [feeds('failing', '9x5'), feeds('gone', '0x5')], at: '3m' }],
  },
});
