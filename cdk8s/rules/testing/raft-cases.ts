// The alerts of servers, quorum and leaders, each to be raised and to stay silent.
import { NATS_METRICS } from '../../../workers/contract/nats-metrics.ts';
import type { AlertCases } from './alert-cases.ts';
import { input } from './input.ts';

const CONSUMER = { stream: 'NEWS', consumer_name: 'news-creator' };
const servers = (surveyed: string, expected = '3x20') => [
  input(NATS_METRICS.surveyed, {}, surveyed),
  input(NATS_METRICS.expected, {}, expected),
];
const metaLeader = (server: string, values: string) => input(NATS_METRICS.metaLeader, { server_name: server }, values);
const streamLeader = (values: string, instance = 'w-1') =>
  input(NATS_METRICS.streamLeader, { stream: 'NEWS' }, values, { instance });
const consumerLeader = (values: string) => input(NATS_METRICS.consumerLeader, CONSUMER, values);

export const RAFT_CASES: Readonly<Record<string, AlertCases>> = {
  ServerMissing: {
    fires: [
      {
        when: 'one does not answer',
        series: servers('3x3 2x17'),
        at: '10m',
        alerts: [
          {
            labels: {},
            summary: 'A server is missing',
            description: 'NATS servers that do not answer: 1. With one more there may be no quorum.',
          },
        ],
      },
    ],
    silent: [
      { when: 'one is replaced', series: servers('3x3 2x3 3x14'), at: '10m' },
      { when: 'none answers, which is unknown', series: servers('0x20'), at: '10m' },
      { when: 'all answer', series: servers('3x20'), at: '10m' },
    ],
  },
  QuorumLost: {
    fires: [
      {
        when: 'one of three is left',
        series: servers('3x3 1x17'),
        at: '6m',
        alerts: [
          {
            labels: {},
            summary: 'NATS has no quorum',
            description: 'NATS servers that answer: 1. Nothing can be stored until more than half of them do.',
          },
        ],
      },
      {
        when: 'half of four are left',
        series: servers('2x20', '4x20'),
        at: '6m',
        alerts: [
          {
            labels: {},
            summary: 'NATS has no quorum',
            description: 'NATS servers that answer: 2. Nothing can be stored until more than half of them do.',
          },
        ],
      },
    ],
    silent: [
      { when: 'two of three are left', series: servers('3x3 2x17'), at: '6m' },
      { when: 'none answers, which is unknown', series: servers('0x20'), at: '6m' },
    ],
  },
  MetaLeaderLost: {
    fires: [
      {
        when: 'servers answer and none leads',
        series: [...servers('2x20'), metaLeader('nats-0', '1x3 0x17'), metaLeader('nats-1', '0x20')],
        at: '6m',
        alerts: [
          {
            labels: {},
            summary: 'JetStream has no meta leader',
            description: 'Servers that answer: 2. None leads: no stream or consumer can be created, changed or moved.',
          },
        ],
      },
    ],
    silent: [
      {
        when: 'another leads',
        series: [...servers('3x20'), metaLeader('nats-0', '1x3 0x17'), metaLeader('nats-1', '0x3 1x17')],
        at: '6m',
      },
      { when: 'no server answers', series: [...servers('0x20'), metaLeader('nats-0', '0x20')], at: '6m' },
    ],
  },
  StreamWithoutLeader: {
    fires: [
      {
        when: 'none is elected',
        series: [streamLeader('1x3 0x17')],
        at: '6m',
        alerts: [
          {
            labels: { stream: 'NEWS' },
            summary: 'The stream NEWS has no leader',
            description: 'Nothing can be stored in it or read from it.',
          },
        ],
      },
    ],
    silent: [
      { when: 'another is elected', series: [streamLeader('1x5 0x0 1x17')], at: '6m' },
      {
        when: 'a monitor that has ended said so last',
        series: [streamLeader('0x20'), streamLeader('1x20', 'w-2')],
        at: '6m',
      },
    ],
  },
  ConsumerWithoutLeader: {
    fires: [
      {
        when: 'none is elected',
        series: [consumerLeader('1x3 0x17')],
        at: '6m',
        alerts: [
          {
            labels: CONSUMER,
            summary: 'The consumer news-creator on NEWS has no leader',
            description: 'It delivers nothing.',
          },
        ],
      },
    ],
    silent: [{ when: 'another is elected', series: [consumerLeader('1x5 0x0 1x17')], at: '6m' }],
  },
};
