// The alert of X, to be raised and to stay silent.
import { METRICS } from '../../workers/contract/metrics.ts';
import { describeAlerts } from './testing/alert-cases.ts';
import { input } from './testing/input.ts';

const leads = (values: string, instance = 'x-exporter-1') =>
  input(METRICS.streamLeader, { source: 'x' }, values, { worker: 'x-exporter', instance });
const state = (active: string, failing: string) => [
  input(METRICS.feeds, { source: 'x', status: 'active' }, active, { worker: 'news-monitor' }),
  input(METRICS.feeds, { source: 'x', status: 'failing' }, failing, { worker: 'news-monitor' }),
];
const down = {
  labels: { source: 'x' },
  summary: 'The stream of x is not followed',
  description:
    'No replica leads, or the one that does is not connected. Posts are looked up afterwards, as far back as X allows.',
};

describeAlerts('x-stream', {
  XStreamDown: {
    fires: [
      { when: 'no exporter runs', series: state('1x20', '0x20'), at: '10m', alerts: [down] },
      {
        when: 'replicas only stand by',
        series: [...state('1x20', '0x20'), leads('0x20'), leads('0x20', 'x-exporter-2')],
        at: '10m',
        alerts: [down],
      },
      {
        when: 'the one that leads is not connected',
        series: [...state('0x20', '1x20'), leads('1x20')],
        at: '10m',
        alerts: [down],
      },
    ],
    silent: [
      {
        when: 'one leads and the other stands by',
        series: [...state('1x20', '0x20'), leads('1x20'), leads('0x20', 'x-exporter-2')],
        at: '10m',
      },
      {
        when: 'another takes over',
        series: [...state('1x20', '0x20'), leads('1x4 0x16'), leads('0x6 1x14', 'x-exporter-2')],
        at: '10m',
      },
      {
        when: 'it connects again within minutes',
        series: [...state('1x20', '0x6 1x3 0x11'), leads('1x20')],
        at: '10m',
      },
    ],
  },
});
