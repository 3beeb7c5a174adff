// The flow: whether messages move, how long they take, and what could not be processed.
import { METRICS, metric } from '../../workers/contract/metrics.ts';
import { NATS_METRICS } from '../../workers/contract/nats-metrics.ts';
import type { ScrapeLabel } from '../../workers/contract/scrape.ts';
import { PROCESSED_STREAM } from '../../workers/contract/subjects.ts';
import { anyOf, buckets, quantile, recorded, series, type Vector } from '../promql.ts';
import { type GroupSpec, label, type RulesProps, record, VALUE, VALUE_DURATION } from './rule.ts';

const CONSUMER = `${label('consumer')} on ${label('stream')}`;

/** What the pipeline is looked at by, computed once. */
export const PIPELINE_RECORDS = {
  waiting: metric(
    'stream_consumer:newsjet_unsettled_messages:max',
    'Messages not delivered yet or not settled',
    'stream',
    'consumer',
  ),
  lag: metric(
    'stream_consumer:newsjet_consumer_lag_seconds:max',
    'Age of the oldest unsettled message',
    'stream',
    'consumer',
  ),
  settled: metric(
    'stream_consumer_outcome:newsjet_messages_settled:rate5m',
    'Messages settled a second',
    'stream',
    'consumer',
    'outcome',
  ),
  published: metric('subject:newsjet_messages_published:rate5m', 'Messages published a second', 'subject'),
  processed: metric('source:newsjet_news_processed:rate5m', 'News items processed a second', 'source'),
  storeLatencyMedian: metric('job:newsjet_news_store_latency_seconds:p50_5m', 'From fetch to stored, median', 'job'),
  storeLatencyHigh: metric('job:newsjet_news_store_latency_seconds:p99_5m', 'From fetch to stored, of 1 % more', 'job'),
  latencyMedian: metric('job:newsjet_news_latency_seconds:p50_5m', 'From received to processed, median', 'job'),
  latencyHigh: metric('job:newsjet_news_latency_seconds:p99_5m', 'From received to processed, of 1 % more', 'job'),
  workMedian: metric('stream_consumer:newsjet_work_duration_seconds:p50_5m', 'Work, median', 'stream', 'consumer'),
  workHigh: metric('stream_consumer:newsjet_work_duration_seconds:p99_5m', 'Work, of 1 % more', 'stream', 'consumer'),
  deadLetters: metric(
    'stream_consumer:newsjet_dead_letters:increase30m',
    'Dead letters in half an hour',
    'stream',
    'consumer',
  ),
} as const;

export function pipelineGroup({ quietHours = 24 }: RulesProps): GroupSpec {
  const last = series(NATS_METRICS.lastSequence, { stream: PROCESSED_STREAM });
  return {
    name: 'pipeline',
    records: records(),
    alerts: [
      {
        name: 'PipelineStalled',
        // Two signs of life: what workers say, and what the servers see. One worker alone (news-monitor) does not count, and what
        // is acknowledged behind a message that fails again and again does not move the floor.
        expr: [
          recorded(PIPELINE_RECORDS.waiting).above(0),
          `unless (${recorded(PIPELINE_RECORDS.settled, { outcome: ['done', 'dead'] })
            .sum('stream', 'consumer')
            .above(0)})`,
          `unless (${series(NATS_METRICS.ackFloor).changes('5m').rename('consumer_name', 'consumer').max('stream', 'consumer').above(0)})`,
        ].join('\n'),
        for: '5m',
        severity: 'critical',
        summary: `${CONSUMER} stands still`,
        description: `Its worker does not run, or waits for something. Messages that wait, of which none was settled for 5 minutes: ${VALUE}.`,
      },
      {
        name: 'LagGrowing',
        // A message that is retried is up to 5 minutes old without anything being wrong.
        expr: `${recorded(PIPELINE_RECORDS.lag).above(300)}\nand ${recorded(PIPELINE_RECORDS.lag).slope('5m').above(0)}`,
        for: '10m',
        severity: 'warning',
        summary: `${CONSUMER} falls behind`,
        description: `Its oldest message has waited for ${VALUE_DURATION}, and the wait grows: more arrives than is worked off.`,
      },
      {
        name: 'NoProcessedNews',
        // The sequence of the stream, for it outlives every worker; and before there was a history nothing is missing.
        expr: `${last.max()}\n== ${last.maxBefore(`${quietHours}h`, '1h').max()}\nand (\n${sourcesAnswer()}\n)`,
        for: '15m',
        severity: 'warning',
        summary: `No news for ${quietHours} hours`,
        description: `Sources answer, but nothing was put on ${PROCESSED_STREAM} for ${quietHours} hours: either none of them had anything new, or what they send is not read.`,
      },
      {
        name: 'DeadLettersRising',
        expr: recorded(PIPELINE_RECORDS.deadLetters).above(0).expr,
        severity: 'warning',
        summary: `${CONSUMER} gives messages up`,
        description: `Messages that could not be processed, and were moved to the DLQ in the last 30 minutes: ${VALUE}.`,
      },
    ],
  };
}

/** Feeds may be polled hours apart. */
const sourcesAnswer = (): Vector<ScrapeLabel> =>
  anyOf<ScrapeLabel>(
    series(METRICS.polls, { outcome: ['document', 'unchanged'] })
      .increase('6h')
      .sum()
      .above(0),
    series(METRICS.streamPosts, { outcome: 'published' }).increase('6h').sum().above(0),
  );

function records() {
  const unsettled = series(NATS_METRICS.pending).plus(series(NATS_METRICS.ackPending));
  const work = buckets(METRICS.work).rate('5m').sum('stream', 'consumer', 'le');
  const store = buckets(METRICS.storeLatency).rate('5m').sum('job', 'le');
  const latency = buckets(METRICS.latency).rate('5m').sum('job', 'le');
  return [
    record(PIPELINE_RECORDS.waiting, unsettled.rename('consumer_name', 'consumer').max('stream', 'consumer')),
    record(PIPELINE_RECORDS.lag, series(METRICS.consumerLag).max('stream', 'consumer')),
    record(PIPELINE_RECORDS.settled, series(METRICS.settled).rate('5m').sum('stream', 'consumer', 'outcome')),
    record(PIPELINE_RECORDS.published, series(METRICS.published).rate('5m').sum('subject')),
    record(PIPELINE_RECORDS.processed, series(METRICS.processed).rate('5m').sum('source')),
    record(PIPELINE_RECORDS.storeLatencyMedian, quantile(0.5, store)),
    record(PIPELINE_RECORDS.storeLatencyHigh, quantile(0.99, store)),
    record(PIPELINE_RECORDS.latencyMedian, quantile(0.5, latency)),
    record(PIPELINE_RECORDS.latencyHigh, quantile(0.99, latency)),
    record(PIPELINE_RECORDS.workMedian, quantile(0.5, work)),
    record(PIPELINE_RECORDS.workHigh, quantile(0.99, work)),
    record(
      PIPELINE_RECORDS.deadLetters,
      series(METRICS.deadLetters).increaseFromNothing('30m').sum('stream', 'consumer'),
    ),
  ];
}
