// The alerts of certificates, each to be raised and to stay silent.
import { METRICS } from '../../workers/contract/metrics.ts';
import { describeAlerts } from './testing/alert-cases.ts';
import { input } from './testing/input.ts';

const SECRET = { secret: 'identity-news-creator' };
const OPERATOR = { worker: 'operator', instance: 'operator-1' };
const NEXT_OPERATOR = { worker: 'operator', instance: 'operator-2' };
/** Time begins at 0. */
const expiry = (days: number, operator = OPERATOR) =>
  input(METRICS.certificateExpiry, SECRET, `${days * 86_400}x120`, operator);
const problem = (values: string) => input(METRICS.certificateProblem, SECRET, values, OPERATOR);
const behind = (values: string) => input(METRICS.serversBehind, {}, values, OPERATOR);

const notRenewed = (left: string) => ({
  labels: SECRET,
  summary: 'The certificate in identity-news-creator was not renewed',
  description: `It has ${left} left, and should have been renewed by now.`,
});
const expiring = (left: string) => ({
  labels: SECRET,
  summary: 'The certificate in identity-news-creator is about to expire',
  description: `It has ${left} left. Without it there are no new connections.`,
});

describeAlerts('certificates', {
  CertificateNearExpiry: {
    fires: [
      {
        when: 'it should have been renewed ten days ago',
        series: [expiry(20)],
        at: '1m',
        alerts: [notRenewed('19d 23h 59m 0s')],
      },
    ],
    silent: [
      { when: 'it has just come up for renewal', series: [expiry(29)], at: '1m' },
      { when: 'it has a little more than the margin', series: [expiry(20.1)], at: '60m' },
      {
        when: 'it was renewed by the operator that leads now',
        series: [expiry(1), expiry(90, NEXT_OPERATOR)],
        at: '1m',
      },
    ],
  },
  CertificateExpiring: {
    fires: [
      { when: 'it has less than a week', series: [expiry(7)], at: '1m', alerts: [expiring('6d 23h 59m 0s')] },
      { when: 'it has expired', series: [expiry(0)], at: '60m', alerts: [expiring('-1h 0m 0s')] },
    ],
    silent: [{ when: 'it has more than a week', series: [expiry(7.1)], at: '60m' }],
  },
  CertificateProblem: {
    fires: [
      {
        when: 'a Secret is not the operator’s to change',
        series: [problem('0x5 1x30')],
        at: '25m',
        alerts: [
          {
            labels: SECRET,
            summary: 'identity-news-creator has a problem that the operator can’t mend',
            description: 'It is not the operator’s to change; an Event on the Secret says what is wrong.',
          },
        ],
      },
    ],
    silent: [
      { when: 'somebody mends it', series: [problem('0x5 1x10 0x20')], at: '25m' },
      { when: 'there is none', series: [problem('0x30')], at: '25m' },
    ],
  },
  NatsServersBehind: {
    fires: [
      {
        when: 'a server keeps an old certificate',
        series: [behind('0x5 2x90')],
        at: '80m',
        alerts: [
          {
            labels: {},
            summary: 'NATS servers present an old certificate',
            description: 'Servers that did not take up the certificate of their Secret for an hour: 2.',
          },
        ],
      },
    ],
    silent: [{ when: 'they take up the new one within the hour', series: [behind('0x5 3x50 0x40')], at: '80m' }],
  },
});
