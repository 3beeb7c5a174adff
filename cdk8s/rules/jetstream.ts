// The servers, and their streams and consumers.
import { METRICS, metric } from '../../workers/contract/metrics.ts';
import { NATS_METRICS } from '../../workers/contract/nats-metrics.ts';
import { anyOf, recorded, series } from '../promql.ts';
import { raftAlerts } from './raft.ts';
import { type AlertSpec, type GroupSpec, label, type RulesProps, record, VALUE, VALUE_PERCENTAGE } from './rule.ts';

export const JETSTREAM_RECORDS = {
  messages: metric('stream:nats_stream_total_messages:limit_ratio', 'Share of the messages it may hold', 'stream'),
  bytes: metric('stream:nats_stream_total_bytes:limit_ratio', 'Share of the bytes it may hold', 'stream'),
  stored: metric('stream:nats_stream_last_seq:rate5m', 'Messages stored a second', 'stream'),
  received: metric('server_name:nats_core_recv_msgs:rate5m', 'Messages received a second', 'server_name'),
  sent: metric('server_name:nats_core_sent_msgs:rate5m', 'Messages sent a second', 'server_name'),
  storage: metric('server_name:nats_core_jetstream_filestore_used_bytes:ratio', 'Share of its storage', 'server_name'),
} as const;

export function jetStreamGroup({ topology }: RulesProps): GroupSpec {
  return {
    name: 'jetstream',
    records: records(),
    alerts: [
      {
        name: 'NatsUnreachable',
        expr: `${series(NATS_METRICS.up).max()} == 0`,
        for: '2m',
        severity: 'critical',
        summary: 'NATS can’t be reached',
        description: 'nats-monitor has no connection to any server: if the workers have none either, nothing moves.',
      },
      ...raftAlerts(topology),
      ...roomAlerts(),
      {
        name: 'ConsumerLost',
        // Of two monitors one that could read it is enough.
        expr: `${series(METRICS.consumerUnknown).min('stream', 'consumer')} == 1`,
        for: '2m',
        severity: 'critical',
        summary: `The consumer ${label('consumer')} on ${label('stream')} can’t be read`,
        description: 'It is missing, or nobody answers for it: its worker gets nothing.',
      },
      {
        name: 'SlowConsumers',
        expr: series(NATS_METRICS.slowConsumers).increase('15m').max('server_name').above(0).expr,
        severity: 'warning',
        summary: `${label('server_name')} cuts clients off`,
        description: `Connections closed in the last 15 minutes, for they took their messages too slowly: ${VALUE}.`,
      },
    ],
  };
}

function roomAlerts(): AlertSpec[] {
  const { messages, bytes, storage } = JETSTREAM_RECORDS;
  return [
    {
      name: 'StreamNearlyFull',
      expr: anyOf(
        recorded(messages).above(0.8).labelled('limit', 'messages'),
        recorded(bytes).above(0.8).labelled('limit', 'bytes'),
      ).expr,
      for: '10m',
      severity: 'warning',
      summary: `${label('stream')} is nearly full`,
      description: `It holds ${VALUE_PERCENTAGE} of the ${label('limit')} that it may.`,
    },
    {
      name: 'JetStreamStorageNearlyFull',
      expr: recorded(storage).above(0.85).expr,
      for: '15m',
      severity: 'warning',
      summary: `The storage of ${label('server_name')} is nearly full`,
      description: `JetStream uses ${VALUE_PERCENTAGE} of what it may; beyond, the server stores nothing.`,
    },
  ];
}

function records() {
  const { limitMessages, limitBytes, storageUsed, storageSize } = NATS_METRICS;
  const records = JETSTREAM_RECORDS;
  const messages = series(NATS_METRICS.messages).max('stream');
  const bytes = series(NATS_METRICS.bytes).max('stream');
  return [
    record(records.messages, messages.share(series(limitMessages).max('stream'))),
    record(records.bytes, bytes.share(series(limitBytes).max('stream'))),
    record(records.stored, series(NATS_METRICS.lastSequence).rate('5m').max('stream')),
    record(records.received, series(NATS_METRICS.receivedMessages).rate('5m').max('server_name')),
    record(records.sent, series(NATS_METRICS.sentMessages).rate('5m').max('server_name')),
    record(records.storage, series(storageUsed).max('server_name').share(series(storageSize).max('server_name'))),
  ];
}
