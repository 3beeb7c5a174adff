// The alerts of the flow, each to be raised and to stay silent.
import { METRICS } from '../../workers/contract/metrics.ts';
import { NATS_METRICS } from '../../workers/contract/nats-metrics.ts';
import { describeAlerts, rulesProps } from './testing/alert-cases.ts';
import { input } from './testing/input.ts';

const CREATOR = { stream: 'NEWS', consumer: 'news-creator' };
const OF_SERVER = { stream: 'NEWS', consumer_name: 'news-creator' };

/** What the servers say of news-creator: so many wait, so many are in hand. */
const waiting = (pending: string, inHand: string) => [
  input(NATS_METRICS.pending, OF_SERVER, pending, { worker: 'nats-monitor' }),
  input(NATS_METRICS.ackPending, OF_SERVER, inHand, { worker: 'nats-monitor' }),
];
const floor = (values: string) => input(NATS_METRICS.ackFloor, OF_SERVER, values);
const settled = (outcome: string, values: string) => input(METRICS.settled, { ...CREATOR, outcome }, values);
const lag = (values: string) => input(METRICS.consumerLag, CREATOR, values);
const lastSequence = (values: string, instance = 'nats-monitor-1') =>
  input(NATS_METRICS.lastSequence, { stream: 'PROCESSED' }, values, { instance });
const polls = (outcome: string, values: string) => input(METRICS.polls, { source: 'paper', outcome }, values);
const deadLetters = (values: string, instance = 'w-1') =>
  input(METRICS.deadLetters, { ...CREATOR, cause: 'poison' }, values, { instance });

const stalled = (messages: string) => ({
  labels: CREATOR,
  summary: 'news-creator on NEWS stands still',
  description: `Its worker does not run, or waits for something. Messages that wait, of which none was settled for 5 minutes: ${messages}.`,
});
const noNews = {
  labels: {},
  summary: 'No news for 3 hours',
  description:
    'Sources answer, but nothing was put on PROCESSED for 3 hours: either none of them had anything new, or what they send is not read.',
};
const givesUp = (messages: string) => ({
  labels: CREATOR,
  summary: 'news-creator on NEWS gives messages up',
  description: `Messages that could not be processed, and were moved to the DLQ in the last 30 minutes: ${messages}.`,
});

describeAlerts(
  'pipeline',
  {
    PipelineStalled: {
      fires: [
        {
          when: 'its worker does not run',
          series: [...waiting('40x20', '0x20'), floor('900x20')],
          at: '12m',
          alerts: [stalled('40')],
        },
        {
          when: 'its worker holds messages and settles none',
          series: [...waiting('0x20', '2000x20'), floor('900x20'), settled('done', '900x20')],
          at: '12m',
          alerts: [stalled('2k')],
        },
        {
          when: 'every message is given back',
          series: [...waiting('5x20', '1x20'), floor('900x20'), settled('returned', '0+10x20')],
          at: '12m',
          alerts: [stalled('6')],
        },
      ],
      silent: [
        {
          when: 'messages wait and others are settled',
          series: [...waiting('40x20', '9x20'), settled('done', '0+1x20')],
          at: '12m',
        },
        { when: 'all go to the DLQ', series: [...waiting('40x20', '9x20'), settled('dead', '0+1x20')], at: '12m' },
        {
          when: 'only the server sees the progress',
          series: [...waiting('40x20', '9x20'), floor('0+7x20')],
          at: '12m',
        },
        { when: 'nothing waits', series: [...waiting('0x20', '0x20'), floor('900x20')], at: '12m' },
        {
          when: 'it has stood still for a moment',
          series: [...waiting('0x8 40x12', '0x20'), floor('900x20')],
          at: '12m',
        },
      ],
    },
    LagGrowing: {
      fires: [
        {
          when: 'the oldest message grows older',
          series: [lag('0+30x40')],
          at: '25m',
          alerts: [
            {
              labels: CREATOR,
              summary: 'news-creator on NEWS falls behind',
              description:
                'Its oldest message has waited for 12m 30s, and the wait grows: more arrives than is worked off.',
            },
          ],
        },
      ],
      silent: [
        { when: 'a long lag is worked off', series: [lag('1200-30x40')], at: '25m' },
        { when: 'there was a burst', series: [lag('0x10 400+1x4 404x30')], at: '24m' },
        { when: 'a lag stays as it is', series: [lag('600x40')], at: '25m' },
        { when: 'a message is retried', series: [lag('0+60x4 0x40')], at: '10m' },
        { when: 'a lag is growing, but short', series: [lag('0+10x40')], at: '25m' },
      ],
    },
    NoProcessedNews: {
      fires: [
        {
          when: 'feeds answer and nothing comes of it for hours',
          series: [lastSequence('0+1x10 10x340'), polls('unchanged', '0+1x350')],
          at: '260m',
          alerts: [noNews],
        },
        {
          when: 'that is what several monitors say, one after the other',
          series: [
            lastSequence('0+1x10 10x100 _x240'),
            lastSequence('_x112 10x240', 'nats-monitor-2'),
            polls('document', '0+1x350'),
          ],
          at: '260m',
          alerts: [noNews],
        },
        {
          when: 'X sends posts and nothing comes of it',
          series: [
            lastSequence('0+1x10 10x340'),
            input(METRICS.streamPosts, { source: 'x', origin: 'stream', outcome: 'published' }, '0+1x350'),
          ],
          at: '260m',
          alerts: [noNews],
        },
      ],
      silent: [
        {
          when: 'an hour was quiet',
          series: [lastSequence('0+1x120 120x230'), polls('unchanged', '0+1x350')],
          at: '260m',
        },
        { when: 'no feed answers', series: [lastSequence('100x350'), polls('failed', '0+1x350')], at: '260m' },
        { when: 'it all began an hour ago', series: [lastSequence('0x100'), polls('document', '0+1x100')], at: '60m' },
        {
          when: 'the stream was created anew',
          series: [lastSequence('100x200 5x150'), polls('document', '0+1x350')],
          at: '260m',
        },
      ],
    },
    DeadLettersRising: {
      fires: [
        {
          when: 'a process counts its first one',
          series: [deadLetters('_x40 1x20')],
          at: '45m',
          alerts: [givesUp('1')],
        },
        {
          when: 'there are more than before',
          series: [deadLetters('7x90 10x30'), deadLetters('4x120', 'w-2')],
          at: '100m',
          alerts: [givesUp('3')],
        },
      ],
      silent: [
        { when: 'there are as many as before', series: [deadLetters('7x120')], at: '100m' },
        { when: 'they were moved more than half an hour ago', series: [deadLetters('_x10 1x120')], at: '80m' },
      ],
    },
  },
  // A day takes long, even there.
  rulesProps({ quietHours: 3 }),
);
