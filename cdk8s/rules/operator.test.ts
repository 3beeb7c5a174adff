// The alerts of the operator, each to be raised and to stay silent.
import { METRICS } from '../../workers/contract/metrics.ts';
import { describeAlerts } from './testing/alert-cases.ts';
import { input } from './testing/input.ts';

const CREATOR = { scaler: 'news-creator' };
const leads = (values: string, instance = 'operator-1') =>
  input(METRICS.operatorLeader, {}, values, { worker: 'operator', instance });
const desired = (values: string, scaler = CREATOR) => input(METRICS.scalerDesired, scaler, values);
const maximum = (values: string, scaler = CREATOR) => input(METRICS.scalerMaximum, scaler, values);
const lag = (values: string, scaler = CREATOR) => input(METRICS.scalerLag, scaler, values);
const drift = (values: string, instance = 'operator-1') =>
  input(METRICS.driftUnrepairable, { kind: 'stream', name: 'NEWS' }, values, { worker: 'operator', instance });

const withoutLeader = {
  labels: {},
  summary: 'No operator leads',
  description: 'Nothing is scaled, repaired or renewed; workers go on with as many replicas as there are.',
};
const notAsDeclared = {
  labels: { kind: 'stream', name: 'NEWS' },
  summary: 'The stream NEWS is not as declared',
  description: 'The operator can’t bring it back without loss, or is refused; its log and an Event say why.',
};

describeAlerts('operator', {
  OperatorWithoutLeader: {
    fires: [
      { when: 'there is no operator', series: [leads('1x3 _x20')], at: '12m', alerts: [withoutLeader] },
      {
        when: 'all replicas stand by',
        series: [leads('1x3 0x20'), leads('0x20', 'operator-2')],
        at: '12m',
        alerts: [withoutLeader],
      },
    ],
    silent: [
      { when: 'another takes over', series: [leads('1x9 _x20'), leads('0x10 1x10', 'operator-2')], at: '12m' },
      { when: 'one leads', series: [leads('0x20'), leads('1x20', 'operator-2')], at: '12m' },
    ],
  },
  ReplicasAtMax: {
    fires: [
      {
        when: 'the lag grows in spite of all replicas',
        series: [desired('4x40'), maximum('4x40'), lag('0+100x40')],
        at: '30m',
        alerts: [
          {
            labels: CREATOR,
            summary: 'news-creator has all replicas that it may',
            description: 'Its lag grows nevertheless. Replicas: 4.',
          },
        ],
      },
    ],
    silent: [
      {
        when: 'all replicas work the lag off',
        series: [desired('4x40'), maximum('4x40'), lag('9000-100x40')],
        at: '30m',
      },
      { when: 'there may be one more', series: [desired('3x40'), maximum('4x40'), lag('0+100x40')], at: '30m' },
      { when: 'there was a burst', series: [desired('4x40'), maximum('4x40'), lag('0x20 0+100x5 500x14')], at: '30m' },
      {
        when: 'nobody declared how many there may be',
        series: [desired('9x40', { scaler: 'mine' }), lag('0+9x40', { scaler: 'mine' })],
        at: '30m',
      },
    ],
  },
  DriftUnrepairable: {
    fires: [
      { when: 'it stays so', series: [drift('0x2 1x20')], at: '12m', alerts: [notAsDeclared] },
      {
        when: 'another operator finds the same',
        series: [drift('1x6 _x20'), drift('_x7 1x20', 'operator-2')],
        at: '12m',
        alerts: [notAsDeclared],
      },
    ],
    silent: [{ when: 'somebody sees to it', series: [drift('_x2 1x4 _x20')], at: '12m' }],
  },
});
