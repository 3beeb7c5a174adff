// The dashboard *Pipeline*: whether news flow, how fast, and what is in their way.
import { MessagesPerSecond, PercentUnit, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { METRICS } from '../../workers/contract/metrics.ts';
import { NATS_METRICS } from '../../workers/contract/nats-metrics.ts';
import { DLQ_STREAM, FEEDS_STREAM, NEWS_RECEIVED } from '../../workers/contract/subjects.ts';
import type { Dashboard } from '../charts/dashboard-config-map.ts';
import { RATE_INTERVAL, recorded, series } from '../promql.ts';
import { OPERATOR_RECORDS } from '../rules/operator.ts';
import { PIPELINE_RECORDS } from '../rules/pipeline.ts';
import { type DashboardProps, dashboard, type RowSpec } from './dashboard.ts';

export const pipelineDashboard = ({ settings }: DashboardProps): Dashboard =>
  dashboard({
    uid: 'newsjet-pipeline',
    title: 'Newsjet: Pipeline',
    description: 'The flow from feeds to stored news: rates, lag, latency, replicas and dead letters.',
    rows: [glance(), flow(), lag(), latency(), replicas(settings.scaling === 'operator'), failures()],
  });

const rate = RATE_INTERVAL;
const CONSUMER = '{{stream}} / {{consumer}}';

const glance = (): RowSpec => ({
  title: 'At a glance',
  panels: [
    {
      kind: 'number',
      title: 'News processed',
      description: 'News items that were stored for the first time and republished, a second.',
      unit: MessagesPerSecond,
      queries: [{ expr: series(METRICS.processed).rate(rate).sum(), legend: 'processed' }],
    },
    {
      kind: 'number',
      title: 'Fetch to stored, median',
      description: 'Half of the new items were in the database this long after their document was fetched, or sooner.',
      unit: Seconds,
      queries: [{ expr: recorded(PIPELINE_RECORDS.storeLatencyMedian), legend: 'median' }],
      limits: { attention: 10, wrong: 60 },
    },
    {
      kind: 'number',
      title: 'Fetch to stored, 99 %',
      description:
        'All but one in a hundred of the new items were in the database this long after they were fetched, or sooner.',
      unit: Seconds,
      queries: [{ expr: recorded(PIPELINE_RECORDS.storeLatencyHigh), legend: '99 %' }],
      limits: { attention: 30, wrong: 60 },
    },
    {
      kind: 'number',
      title: 'Messages waiting',
      description: 'Messages of all consumers that are not delivered yet, or not settled.',
      unit: Short,
      queries: [{ expr: recorded(PIPELINE_RECORDS.waiting).sum(), legend: 'waiting' }],
    },
    {
      kind: 'number',
      title: 'Longest wait',
      description: 'Age of the oldest message that is not settled. A message that is retried may be some minutes old.',
      unit: Seconds,
      queries: [{ expr: recorded(PIPELINE_RECORDS.lag).max(), legend: 'oldest' }],
      limits: { attention: 60, wrong: 300 },
    },
    {
      kind: 'number',
      title: 'Dead letters',
      description: 'Messages in the DLQ: what could not be processed. The page names each with its reason.',
      unit: Short,
      // Of the stream itself: by consumer there is nothing to tell as long as it is empty.
      queries: [{ expr: series(NATS_METRICS.messages, { stream: DLQ_STREAM }).max(), legend: 'in the DLQ' }],
      limits: { attention: 1, wrong: 1_000 },
    },
  ],
});

const flow = (): RowSpec => ({
  title: 'Flow',
  panels: [
    {
      kind: 'graph',
      title: 'From stage to stage',
      description:
        'Documents fetched, items read from them, items stored (new or known already), items processed, each a second. Items are more than documents, and new ones are fewer than those read: most of a feed is known.',
      unit: MessagesPerSecond,
      queries: [
        {
          expr: series(METRICS.published, {
            role: ['rss-exporter', 'twitter-exporter'],
            subject: { not: `${FEEDS_STREAM}.schedule` },
          })
            .rate(rate)
            .sum(),
          legend: 'documents',
        },
        { expr: series(METRICS.published, { subject: NEWS_RECEIVED }).rate(rate).sum(), legend: 'items received' },
        { expr: series(METRICS.stored).rate(rate).sum('outcome'), legend: 'items stored: {{outcome}}' },
        { expr: series(METRICS.processed).rate(rate).sum(), legend: 'items processed' },
      ],
    },
    {
      kind: 'graph',
      title: 'News processed, by source',
      description: 'News items that were stored for the first time, a second, by the source that brought them first.',
      unit: MessagesPerSecond,
      queries: [{ expr: series(METRICS.processed).rate(rate).sum('source'), legend: '{{source}}' }],
      stacked: true,
    },
    {
      kind: 'graph',
      title: 'Settled, by outcome',
      description: 'Messages that workers were done with, gave back to be tried again, or moved to the DLQ, a second.',
      unit: MessagesPerSecond,
      queries: [
        {
          expr: series(METRICS.settled).rate(rate).sum('stream', 'consumer', 'outcome'),
          legend: `${CONSUMER}: {{outcome}}`,
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Time a batch takes, 99 %',
      description: 'From taking up a message or batch to settling it; all but one in a hundred took this long or less.',
      unit: Seconds,
      queries: [{ expr: recorded(PIPELINE_RECORDS.workHigh), legend: CONSUMER }],
    },
  ],
});

const lag = (): RowSpec => ({
  title: 'Lag',
  panels: [
    {
      kind: 'graph',
      title: 'Messages waiting, by consumer',
      description: 'Not delivered yet, or delivered and not settled. It is told by the leader of each consumer.',
      unit: Short,
      queries: [{ expr: recorded(PIPELINE_RECORDS.waiting), legend: CONSUMER }],
    },
    {
      kind: 'graph',
      title: 'Longest wait, by consumer',
      description: 'Age of the oldest message that is not settled.',
      unit: Seconds,
      queries: [{ expr: recorded(PIPELINE_RECORDS.lag), legend: CONSUMER }],
    },
  ],
});

const latency = (): RowSpec => ({
  title: 'Latency',
  panels: [
    {
      kind: 'graph',
      title: 'From fetch to stored',
      description: 'How long new items took from the fetch of their document to the database.',
      unit: Seconds,
      queries: [
        { expr: recorded(PIPELINE_RECORDS.storeLatencyMedian), legend: 'median' },
        { expr: recorded(PIPELINE_RECORDS.storeLatencyHigh), legend: '99 %' },
      ],
    },
    {
      kind: 'graph',
      title: 'From received to processed',
      description:
        'How long new items took from being received in the stream NEWS to being published as processed, by the clock of the streams.',
      unit: Seconds,
      queries: [
        { expr: recorded(PIPELINE_RECORDS.latencyMedian), legend: 'median' },
        { expr: recorded(PIPELINE_RECORDS.latencyHigh), legend: '99 %' },
      ],
    },
  ],
});

function replicas(operator: boolean): RowSpec {
  const connected = {
    kind: 'graph',
    title: 'Replicas connected',
    description: 'Connections to NATS, by worker: each replica holds one.',
    unit: Short,
    queries: [{ expr: series(METRICS.replicas).max('identity'), legend: '{{identity}}' }],
  } as const;
  if (!operator) return { title: 'Replicas', panels: [{ ...connected, width: 24 }] };
  return {
    title: 'Replicas',
    panels: [
      {
        kind: 'graph',
        title: 'Replicas against desired',
        description:
          'What the operator decided upon, and what is ready. Ready below desired for long: pods do not start, or the cluster has no room.',
        unit: Short,
        queries: [
          { expr: recorded(OPERATOR_RECORDS.desired), legend: '{{scaler}} desired' },
          { expr: series(METRICS.scalerReady).max('scaler'), legend: '{{scaler}} ready' },
        ],
      },
      connected,
      {
        kind: 'graph',
        title: 'Share of the replicas that there may be',
        description:
          'Desired replicas against the maximum of the definition. At 100 % with growing lag, raise the maximum.',
        unit: PercentUnit,
        queries: [
          {
            expr: recorded(OPERATOR_RECORDS.desired).share(recorded(OPERATOR_RECORDS.maximum)),
            legend: '{{scaler}}',
          },
        ],
        limits: { attention: 0.9, wrong: 1 },
      },
      {
        kind: 'graph',
        title: 'Lag that decisions are made on',
        description:
          'Messages pending or in hand, as the operator reads them every second. A gap: the reading failed, and replicas are held.',
        unit: Short,
        queries: [{ expr: recorded(OPERATOR_RECORDS.lag), legend: '{{scaler}}' }],
      },
    ],
  };
}

const failures = (): RowSpec => ({
  title: 'What went wrong',
  panels: [
    {
      kind: 'graph',
      title: 'Dead letters, by cause',
      description: 'Messages moved to the DLQ, a second. Put them back with `make replay` once the cause is mended.',
      unit: MessagesPerSecond,
      queries: [
        {
          expr: series(METRICS.deadLetters).rate(rate).sum('stream', 'consumer', 'cause'),
          legend: `${CONSUMER}: {{cause}}`,
        },
      ],
      stacked: true,
    },
    {
      kind: 'graph',
      title: 'Attempts that failed',
      description:
        'Failed attempts at a message, a second: those that are tried again, and those that can never succeed.',
      unit: MessagesPerSecond,
      queries: [
        {
          expr: series(METRICS.failures).rate(rate).sum('stream', 'consumer', 'kind'),
          legend: `${CONSUMER}: {{kind}}`,
        },
      ],
      stacked: true,
    },
    {
      kind: 'graph',
      title: 'Messages in the DLQ',
      description:
        'Dead letters that are kept, all of them and by the consumer that gave them up; at most 10,000 each, and 30 days.',
      unit: Short,
      queries: [
        { expr: series(NATS_METRICS.messages, { stream: DLQ_STREAM }).max(), legend: 'all' },
        { expr: series(METRICS.dlqMessages).max('stream', 'consumer'), legend: CONSUMER },
      ],
    },
    {
      kind: 'graph',
      title: 'Publishes repeated',
      description: 'Publishes that JetStream did not confirm at once, a second: a stream is full, or has no leader.',
      unit: MessagesPerSecond,
      queries: [{ expr: series(METRICS.publishRetries).rate(rate).sum('subject'), legend: '{{subject}}' }],
    },
  ],
});
