// The dashboard *JetStream*: servers, streams, consumers and Raft, each told by its leader alone.
import {
  BytesIEC,
  BytesPerSecondIEC,
  MessagesPerSecond,
  Percent,
  PercentUnit,
  RequestsPerSecond,
  Short,
} from '@grafana/grafana-foundation-sdk/units';
import { NATS_METRICS } from '../../workers/contract/nats-metrics.ts';
import type { Dashboard } from '../charts/dashboard-config-map.ts';
import { RATE_INTERVAL, recorded, series } from '../promql.ts';
import { JETSTREAM_RECORDS } from '../rules/jetstream.ts';
import { type DashboardProps, dashboard, type RowSpec } from './dashboard.ts';
import type { Texts } from './panel-spec.ts';

export const jetStreamDashboard = ({ topology }: Pick<DashboardProps, 'topology'>): Dashboard =>
  dashboard({
    uid: 'newsjet-jetstream',
    title: 'Newsjet: JetStream',
    description: 'Servers, streams, consumers and Raft groups, over the system account.',
    rows: [cluster(topology.servers), servers(), streams(), consumers(), raft()],
  });

const rate = RATE_INTERVAL;
const SERVER = '{{server_name}}';
const STREAM = '{{stream}}';
const CONSUMER = '{{stream}} / {{consumer_name}}';
const GOOD_IF_YES: Texts = { 0: { text: 'No', good: false }, 1: { text: 'Yes', good: true } };
const GOOD_IF_NO: Texts = { 0: { text: 'No', good: true }, 1: { text: 'Yes', good: false } };

const cluster = (declared: number): RowSpec => ({
  title: 'The cluster',
  panels: [
    {
      kind: 'number',
      title: 'Servers',
      description:
        'Servers that answered the last survey. Of three, two are a quorum; with one, nothing can be stored.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.surveyed).max(), legend: 'answered' }],
      // A single server is wrong when it is missing, and then nothing is told.
      ...(declared > 1 ? { limits: { attention: declared, wrong: Math.floor(declared / 2) + 1 } } : {}),
    },
    {
      kind: 'number',
      title: 'Servers expected',
      description: 'Servers of the definition.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.expected).max(), legend: 'expected' }],
    },
    {
      kind: 'number',
      title: 'Meta leader',
      description:
        'Whether a server leads the meta group: without one, no stream or consumer can be created or found a leader.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.metaLeader).max('server_name').sum(), legend: 'led' }],
      texts: GOOD_IF_YES,
    },
    {
      kind: 'number',
      title: 'Clients',
      description: 'Connections of clients to all servers.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.connections).max('server_name').sum(), legend: 'clients' }],
    },
    {
      kind: 'number',
      title: 'Fullest storage',
      description: 'Share of its storage that the fullest server uses.',
      unit: PercentUnit,
      queries: [{ expr: recorded(JETSTREAM_RECORDS.storage).max(), legend: 'fullest' }],
      limits: { attention: 0.7, wrong: 0.9 },
    },
    {
      kind: 'number',
      title: 'Slow consumers',
      description: 'Clients that were cut off since the servers started, for they did not read fast enough.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.slowConsumers).max('server_name').sum(), legend: 'cut off' }],
      limits: { attention: 1, wrong: 100 },
    },
  ],
});

const servers = (): RowSpec => ({
  title: 'Servers',
  panels: [
    {
      kind: 'graph',
      title: 'Processor',
      description: 'Processor time of each server; 100 % is one core.',
      unit: Percent,
      queries: [{ expr: series(NATS_METRICS.cpu).max('server_name'), legend: SERVER }],
    },
    {
      kind: 'graph',
      title: 'Memory',
      description: 'Memory of each server.',
      unit: BytesIEC,
      queries: [{ expr: series(NATS_METRICS.memory).max('server_name'), legend: SERVER }],
    },
    {
      kind: 'graph',
      title: 'Messages in and out',
      description: 'Messages that each server received and sent a second, replication included.',
      unit: MessagesPerSecond,
      queries: [
        { expr: recorded(JETSTREAM_RECORDS.received), legend: `${SERVER} in` },
        { expr: recorded(JETSTREAM_RECORDS.sent), legend: `${SERVER} out` },
      ],
    },
    {
      kind: 'graph',
      title: 'Bytes in and out',
      description: 'Bytes that each server received and sent a second, replication included.',
      unit: BytesPerSecondIEC,
      queries: [
        { expr: series(NATS_METRICS.receivedBytes).rate(rate).max('server_name'), legend: `${SERVER} in` },
        { expr: series(NATS_METRICS.sentBytes).rate(rate).max('server_name'), legend: `${SERVER} out` },
      ],
    },
    {
      kind: 'graph',
      title: 'Storage',
      description: 'Share of the storage that JetStream may use, by server.',
      unit: PercentUnit,
      queries: [{ expr: recorded(JETSTREAM_RECORDS.storage), legend: SERVER }],
      limits: { attention: 0.7, wrong: 0.9 },
    },
    {
      kind: 'graph',
      title: 'JetStream API',
      description: 'Requests to the JetStream API a second, and those that failed. Pulls are among them.',
      unit: RequestsPerSecond,
      queries: [
        { expr: series(NATS_METRICS.apiRequests).rate(rate).max('server_name').sum(), legend: 'requests' },
        { expr: series(NATS_METRICS.apiErrors).rate(rate).max('server_name').sum(), legend: 'errors' },
      ],
    },
  ],
});

const streams = (): RowSpec => ({
  title: 'Streams',
  panels: [
    {
      kind: 'graph',
      title: 'Messages',
      description: 'Messages in each stream. On a work queue, that is what waits.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.messages).max('stream'), legend: STREAM }],
    },
    {
      kind: 'graph',
      title: 'Bytes',
      description: 'Bytes in each stream, on each of its replicas.',
      unit: BytesIEC,
      queries: [{ expr: series(NATS_METRICS.bytes).max('stream'), legend: STREAM }],
    },
    {
      kind: 'graph',
      title: 'Stored a second',
      description: 'Messages that each stream took in a second.',
      unit: MessagesPerSecond,
      queries: [{ expr: recorded(JETSTREAM_RECORDS.stored), legend: STREAM }],
    },
    {
      kind: 'graph',
      title: 'Share of the limits',
      description:
        'Bytes and messages against what a stream may hold. At 100 % SOURCES, NEWS and PROCESSED refuse more; the DLQ drops its oldest.',
      unit: PercentUnit,
      queries: [
        { expr: recorded(JETSTREAM_RECORDS.bytes), legend: `${STREAM} bytes` },
        { expr: recorded(JETSTREAM_RECORDS.messages), legend: `${STREAM} messages` },
      ],
      limits: { attention: 0.8, wrong: 0.95 },
    },
  ],
});

const consumers = (): RowSpec => ({
  title: 'Consumers',
  panels: [
    {
      kind: 'graph',
      title: 'Pending',
      description: 'Messages that are not delivered yet.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.pending).max('stream', 'consumer_name'), legend: CONSUMER }],
    },
    {
      kind: 'graph',
      title: 'In hand',
      description:
        'Messages that are delivered and not settled. At the maximum of the consumer, nothing more is delivered.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.ackPending).max('stream', 'consumer_name'), legend: CONSUMER }],
    },
    {
      kind: 'graph',
      title: 'Delivered again',
      description:
        'Unsettled messages that were delivered more than once: attempts failed, or a worker ended in the middle.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.redelivered).max('stream', 'consumer_name'), legend: CONSUMER }],
    },
    {
      kind: 'graph',
      title: 'Pull requests that wait',
      description: 'Replicas that ask and get nothing. None at all, with messages pending: no replica asks.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.waiting).max('stream', 'consumer_name'), legend: CONSUMER }],
    },
  ],
});

const raft = (): RowSpec => ({
  title: 'Raft',
  panels: [
    {
      kind: 'table',
      title: 'Streams with a leader',
      description: 'A stream without a leader takes and gives nothing until one is elected.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.streamLeader).max('stream'), legend: 'Leader' }],
      texts: GOOD_IF_YES,
      width: 8,
    },
    {
      kind: 'table',
      title: 'Consumers with a leader',
      description: 'A consumer without a leader delivers nothing until one is elected.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.consumerLeader).max('stream', 'consumer_name'), legend: 'Leader' }],
      texts: GOOD_IF_YES,
      width: 8,
    },
    {
      kind: 'table',
      title: 'Peers of the meta group',
      description: 'As the meta leader sees them: whether each is up to date, and whether it is away.',
      unit: Short,
      queries: [
        { expr: series(NATS_METRICS.peerCurrent).max('peer'), legend: 'Current' },
        { expr: series(NATS_METRICS.peerOffline).max('peer'), legend: 'Offline', texts: GOOD_IF_NO },
      ],
      texts: GOOD_IF_YES,
      width: 8,
    },
    {
      kind: 'graph',
      title: 'Replicas of streams, by state',
      description: 'Replicas that are up to date, that lag behind, and that are away. One of three may be away.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.streamReplicas).max('stream', 'state').sum('state'), legend: '{{state}}' }],
      stacked: true,
    },
    {
      kind: 'graph',
      title: 'Who leads the meta group',
      description: 'Every change is an election: a server was restarted, or could not be reached.',
      unit: Short,
      queries: [{ expr: series(NATS_METRICS.metaLeader).max('server_name'), legend: SERVER }],
    },
  ],
});
