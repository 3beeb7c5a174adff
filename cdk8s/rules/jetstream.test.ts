// The alerts of streams, consumers and their room, each to be raised and to stay silent. Those of servers and leaders: raft.test.ts.
import { METRICS } from '../../workers/contract/metrics.ts';
import { NATS_METRICS } from '../../workers/contract/nats-metrics.ts';
import { describeAlerts } from './testing/alert-cases.ts';
import { input } from './testing/input.ts';
import { RAFT_CASES } from './testing/raft-cases.ts';

const NEWS = { stream: 'NEWS' };
const LOST = { stream: 'NEWS', consumer: 'news-creator' };
const SERVER = { server_name: 'nats-1' };
const unknown = (values: string, instance = 'news-monitor-1') =>
  input(METRICS.consumerUnknown, LOST, values, { worker: 'news-monitor', instance });
const cutOff = (values: string) => input(NATS_METRICS.slowConsumers, SERVER, values);
const messages = (values: string, limit: string) => [
  input(NATS_METRICS.messages, NEWS, values),
  input(NATS_METRICS.limitMessages, NEWS, limit),
];
const bytes = (values: string, limit: string) => [
  input(NATS_METRICS.bytes, NEWS, values),
  input(NATS_METRICS.limitBytes, NEWS, limit),
];
const storage = (used: string, size: string) => [
  input(NATS_METRICS.storageUsed, SERVER, used),
  input(NATS_METRICS.storageSize, SERVER, size),
];
const nearlyFull = (limit: string, share: string) => ({
  labels: { ...NEWS, limit },
  summary: 'NEWS is nearly full',
  description: `It holds ${share} of the ${limit} that it may.`,
});

describeAlerts('jetstream', {
  ...RAFT_CASES,
  NatsUnreachable: {
    fires: [
      {
        when: 'the monitor has no connection',
        series: [input(NATS_METRICS.up, {}, '1x3 0x9')],
        at: '8m',
        alerts: [
          {
            labels: {},
            summary: 'NATS can’t be reached',
            description:
              'nats-monitor has no connection to any server: if the workers have none either, nothing moves.',
          },
        ],
      },
    ],
    silent: [
      { when: 'it connects again at once', series: [input(NATS_METRICS.up, {}, '1x6 0x1 1x9')], at: '8m' },
      {
        when: 'one of two monitors is connected',
        series: [input(NATS_METRICS.up, {}, '0x12'), input(NATS_METRICS.up, {}, '1x12', { instance: 'w-2' })],
        at: '8m',
      },
    ],
  },
  ConsumerLost: {
    fires: [
      {
        when: 'it can’t be read',
        series: [unknown('0x3 1x9')],
        at: '8m',
        alerts: [
          {
            labels: LOST,
            summary: 'The consumer news-creator on NEWS can’t be read',
            description: 'It is missing, or nobody answers for it: its worker gets nothing.',
          },
        ],
      },
    ],
    silent: [
      { when: 'one reading failed', series: [unknown('0x6 1x1 0x9')], at: '8m' },
      { when: 'another monitor can read it', series: [unknown('1x12'), unknown('0x12', 'news-monitor-2')], at: '8m' },
    ],
  },
  StreamNearlyFull: {
    fires: [
      {
        when: 'it holds nearly as many messages as it may',
        series: [...messages('16200x20', '20000x20'), ...bytes('1000x20', '100000x20')],
        at: '15m',
        alerts: [nearlyFull('messages', '81%')],
      },
      {
        when: 'it may hold any number, but not as many bytes',
        series: bytes('99x20', '100x20'),
        at: '15m',
        alerts: [nearlyFull('bytes', '99%')],
      },
      {
        when: 'both are so',
        series: [...messages('18000x20', '20000x20'), ...bytes('99x20', '100x20')],
        at: '15m',
        alerts: [nearlyFull('messages', '90%'), nearlyFull('bytes', '99%')],
      },
    ],
    silent: [
      {
        when: 'it holds four fifths',
        series: [...messages('16000x20', '20000x20'), ...bytes('80x20', '100x20')],
        at: '15m',
      },
      { when: 'it is full for a moment', series: messages('0x6 20000x8 0x9', '20000x20'), at: '14m' },
      { when: 'there is no limit', series: messages('20000x20', '0x20'), at: '15m' },
    ],
  },
  JetStreamStorageNearlyFull: {
    fires: [
      {
        when: 'a server has little left',
        series: storage('86x30', '100x30'),
        at: '20m',
        alerts: [
          {
            labels: SERVER,
            summary: 'The storage of nats-1 is nearly full',
            description: 'JetStream uses 86% of what it may; beyond, the server stores nothing.',
          },
        ],
      },
    ],
    silent: [{ when: 'it has enough', series: storage('85x30', '100x30'), at: '20m' }],
  },
  SlowConsumers: {
    fires: [
      {
        when: 'a server closed a connection',
        series: [cutOff('4x20 5x20')],
        at: '22m',
        alerts: [
          {
            labels: SERVER,
            summary: 'nats-1 cuts clients off',
            description: 'Connections closed in the last 15 minutes, for they took their messages too slowly: 1.',
          },
        ],
      },
    ],
    silent: [
      { when: 'it did so long ago', series: [cutOff('4x20 5x40')], at: '50m' },
      { when: 'the server began again', series: [cutOff('4x20 0x20')], at: '22m' },
    ],
  },
});
