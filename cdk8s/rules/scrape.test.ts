// The alerts of scraping, each to be raised and to stay silent.

import { PROCESS_START, UP } from './scrape.ts';
import { describeAlerts } from './testing/alert-cases.ts';
import { input } from './testing/input.ts';

const up = (worker: string, values: string, instance = `${worker}-1`) => input(UP, {}, values, { worker, instance });
const started = (values: string, instance = 'news-creator-1') =>
  input(PROCESS_START, {}, values, { worker: 'news-creator', instance });
/** All workers of the definition that have to be there. */
const WORKERS = ['paper-exporter', 'x-exporter', 'x-consumer', 'news-creator', 'news-reader'];
const allBut = (missing: string) => WORKERS.filter((worker) => worker !== missing).map((worker) => up(worker, '1x20'));
const missing = (worker: string, description: string) => ({
  labels: { worker },
  summary: `${worker} is missing`,
  description,
});
const unmeasured = 'What it measures is unknown, and most alerts stay silent.';
const noReplica = 'No replica of it can be scraped, and there has to be one.';

describeAlerts('scrape', {
  ScrapeMissing: {
    fires: [
      {
        when: 'a pod does not answer',
        series: [up('news-creator', '1x3 0x17'), up('news-creator', '1x20', 'news-creator-2')],
        at: '10m',
        alerts: [
          {
            labels: { job: 'newsjet', worker: 'news-creator', role: 'w', instance: 'news-creator-1' },
            summary: 'news-creator-1 of news-creator can’t be scraped',
            description: 'It is there, and does not answer on /metrics.',
          },
        ],
      },
    ],
    silent: [
      { when: 'it answers again', series: [up('news-creator', '1x3 0x4 1x17')], at: '10m' },
      { when: 'a pod is removed', series: [up('news-creator', '1x3 0x1 _x17')], at: '12m' },
      { when: 'it is a target of others', series: [input(UP, {}, '0x20', { job: 'others' })], at: '10m' },
    ],
  },
  MonitorMissing: {
    fires: [
      {
        when: 'one does not answer, and the other is not there at all',
        series: [up('news-monitor', '0x20')],
        at: '10m',
        alerts: [missing('news-monitor', unmeasured), missing('nats-monitor', unmeasured)],
      },
    ],
    silent: [
      { when: 'both answer', series: [up('news-monitor', '1x20'), up('nats-monitor', '1x20')], at: '10m' },
      {
        when: 'one is replaced',
        series: [
          up('nats-monitor', '1x20'),
          ...[up('news-monitor', '1x3 0x1 _x17'), up('news-monitor', '_x8 1x12', 'news-monitor-2')],
        ],
        at: '12m',
      },
    ],
  },
  WorkerMissing: {
    fires: [
      {
        when: 'no replica is there',
        series: allBut('x-exporter'),
        at: '10m',
        alerts: [missing('x-exporter', noReplica)],
      },
      {
        when: 'no replica answers',
        series: [...allBut('news-creator'), up('news-creator', '0x20'), up('news-creator', '0x20', 'news-creator-2')],
        at: '10m',
        alerts: [missing('news-creator', noReplica)],
      },
    ],
    silent: [
      { when: 'all are there but one that may sleep', series: allBut(''), at: '10m' },
      {
        when: 'one of two replicas answers',
        series: [...allBut('news-creator'), up('news-creator', '0x20'), up('news-creator', '1x20', 'news-creator-2')],
        at: '10m',
      },
    ],
  },
  WorkerCrashLooping: {
    fires: [
      {
        when: 'a process starts three times in half an hour',
        series: [started('0x5 300x5 600x5 900x20')],
        at: '25m',
        alerts: [
          {
            labels: { worker: 'news-creator', instance: 'news-creator-1' },
            summary: 'news-creator-1 of news-creator starts again and again',
            description: 'It started 3 times in the last 30 minutes.',
          },
        ],
      },
    ],
    silent: [
      { when: 'it starts twice', series: [started('0x5 300x5 600x20')], at: '25m' },
      {
        when: 'a rollout replaces pods',
        series: [0, 1, 2, 3].map((pod) => started(`_x${5 * pod} ${300 * pod}x5`, `news-creator-${pod}`)),
        at: '25m',
      },
    ],
  },
});
