// The dashboard *Workers*: the processes themselves, the operator and the certificates.
import {
  BytesIEC,
  MessagesPerSecond,
  PercentUnit,
  RequestsPerSecond,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import { METRICS, metric } from '../../workers/contract/metrics.ts';
import type { Dashboard } from '../charts/dashboard-config-map.ts';
import { buckets, counts, quantile, RATE_INTERVAL, recorded, series } from '../promql.ts';
import { CERTIFICATE_MARGINS } from '../rules/certificates.ts';
import { PIPELINE_RECORDS } from '../rules/pipeline.ts';
import { type DashboardProps, dashboard, type RowSpec } from './dashboard.ts';
import type { PanelSpec } from './panel-spec.ts';

/** What every process of Node tells of itself. */
const NODE = {
  cpu: metric('process_cpu_seconds_total', 'Processor time'),
  memory: metric('process_resident_memory_bytes', 'Memory'),
  heap: metric('nodejs_heap_size_used_bytes', 'Heap'),
  eventLoop: metric('nodejs_eventloop_lag_p99_seconds', 'How late the event loop is'),
  started: metric('process_start_time_seconds', 'When it started'),
} as const;

export const workersDashboard = ({ settings }: DashboardProps): Dashboard =>
  dashboard({
    uid: 'newsjet-workers',
    title: 'Newsjet: Workers',
    description: 'The processes themselves: memory, time, batches; the operator and what it does.',
    rows: [
      processes(),
      work(),
      reader(),
      ...(settings.scaling === 'operator' ? [operator(settings.certificates === 'own')] : []),
    ],
  });

const rate = RATE_INTERVAL;
const INSTANCE = '{{instance}}';
const CONSUMER = '{{stream}} / {{consumer}}';

const processes = (): RowSpec => ({
  title: 'Processes',
  panels: [
    {
      kind: 'graph',
      title: 'Processor',
      description: 'Cores that each process keeps busy.',
      unit: PercentUnit,
      queries: [{ expr: series(NODE.cpu).rate(rate), legend: INSTANCE }],
    },
    {
      kind: 'graph',
      title: 'Memory',
      description: 'Resident memory of each process.',
      unit: BytesIEC,
      queries: [{ expr: series(NODE.memory), legend: INSTANCE }],
    },
    {
      kind: 'graph',
      title: 'Event loop, 99 %',
      description:
        'How late the event loop is. Long: something computes for too long at once, or the processor is throttled.',
      unit: Seconds,
      queries: [{ expr: series(NODE.eventLoop), legend: INSTANCE }],
    },
    {
      kind: 'graph',
      title: 'Heap',
      description: 'Memory that JavaScript holds. A line that only climbs is a leak.',
      unit: BytesIEC,
      queries: [{ expr: series(NODE.heap), legend: INSTANCE }],
    },
    {
      kind: 'graph',
      title: 'Running for',
      description: 'Time since each process started. Teeth are restarts.',
      unit: Seconds,
      queries: [{ expr: `time() - ${series(NODE.started)}`, legend: INSTANCE }],
    },
    {
      kind: 'table',
      title: 'Versions',
      description: 'What each worker runs.',
      unit: Short,
      queries: [{ expr: series(METRICS.build).sum('worker', 'version', 'node'), legend: 'Replicas' }],
    },
  ],
});

const work = (): RowSpec => ({
  title: 'Work',
  panels: [
    {
      kind: 'graph',
      title: 'Messages in hand',
      description: 'Messages that were delivered to each process and are not settled.',
      unit: Short,
      queries: [{ expr: series(METRICS.inHand), legend: `${INSTANCE}: ${CONSUMER}` }],
    },
    {
      kind: 'graph',
      title: 'Batch size, median',
      description: 'Messages that are worked on at once. It grows with the load, up to what the definition allows.',
      unit: Short,
      queries: [
        {
          expr: quantile(0.5, buckets(METRICS.batch).rate(rate).sum('stream', 'consumer', 'le')),
          legend: CONSUMER,
        },
      ],
    },
    {
      kind: 'graph',
      title: 'Time a batch takes, median',
      description: 'From taking up a message or batch to settling it.',
      unit: Seconds,
      queries: [{ expr: recorded(PIPELINE_RECORDS.workMedian), legend: CONSUMER }],
    },
    {
      kind: 'graph',
      title: 'Published, by subject',
      description: 'Messages that JetStream confirmed, a second. A duplicate is one that it knew by its id already.',
      unit: MessagesPerSecond,
      queries: [
        {
          expr: series(METRICS.published).rate(rate).sum('subject', 'duplicate'),
          legend: '{{subject}} (duplicate: {{duplicate}})',
        },
      ],
    },
  ],
});

const reader = (): RowSpec => ({
  title: 'Reading the database',
  panels: [
    {
      kind: 'graph',
      title: 'Questions',
      description:
        'Questions that news-reader answers a second, by route: for the page, for programs and for feed readers.',
      unit: RequestsPerSecond,
      queries: [{ expr: counts(METRICS.queries).rate(rate).sum('route'), legend: '{{route}}' }],
    },
    {
      kind: 'graph',
      title: 'Time to answer, 99 %',
      description: 'Time that news-reader takes for an answer, by route; there is none where nobody asks.',
      unit: Seconds,
      queries: [{ expr: quantile(0.99, buckets(METRICS.queries).rate(rate).sum('route', 'le')), legend: '{{route}}' }],
    },
  ],
});

const operator = (renewing: boolean): RowSpec => ({
  title: 'Operator',
  panels: [
    {
      kind: 'graph',
      title: 'Decisions, by reason',
      description: 'Decisions about replicas a second, by why. Most say that all is well.',
      unit: MessagesPerSecond,
      queries: [{ expr: series(METRICS.scalerDecisions).rate(rate).sum('reason'), legend: '{{reason}}' }],
      stacked: true,
    },
    {
      kind: 'graph',
      title: 'Requests to the API server',
      description: 'Requests a second, by verb and status; 0 is no answer.',
      unit: RequestsPerSecond,
      queries: [{ expr: series(METRICS.apiRequests).rate(rate).sum('verb', 'status'), legend: '{{verb}} {{status}}' }],
    },
    {
      kind: 'graph',
      title: 'Who leads',
      description: 'Replicas of the operator that lead: one. For some seconds none, when the one that led ended.',
      unit: Short,
      queries: [{ expr: series(METRICS.operatorLeader), legend: INSTANCE }],
    },
    ...(renewing ? [certificates()] : []),
  ],
});

const certificates = (): PanelSpec => ({
  kind: 'table',
  title: 'Certificates',
  description: 'Time until each certificate ends. They are renewed when a third of their life is left.',
  unit: Seconds,
  queries: [{ expr: `${series(METRICS.certificateExpiry).max('secret')} - time()`, legend: 'Ends in' }],
  limits: { attention: CERTIFICATE_MARGINS.warning, wrong: CERTIFICATE_MARGINS.critical },
});
