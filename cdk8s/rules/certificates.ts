// Certificates that the operator renews; of those that cert-manager renews, the servers', which it follows.
import { METRICS } from '../../workers/contract/metrics.ts';
import { series } from '../promql.ts';
import { type AlertSpec, type GroupSpec, label, type RulesProps, VALUE, VALUE_DURATION } from './rule.ts';

const DAY_SECONDS = 86_400;
/** Renewal begins with 30 days left: ten days of trying in vain are enough to say so, and a week is enough to mend it. */
export const CERTIFICATE_MARGINS = { warning: 20 * DAY_SECONDS, critical: 7 * DAY_SECONDS };

export function certificatesGroup({ settings, certificateMargins = CERTIFICATE_MARGINS }: RulesProps): GroupSpec {
  const secret = label('secret');
  const left = `${series(METRICS.certificateExpiry).max('secret')} - time()`;
  return {
    name: 'certificates',
    records: [],
    alerts: [
      {
        name: 'CertificateNearExpiry',
        expr: `${left} < ${certificateMargins.warning}`,
        severity: 'warning',
        summary: `The certificate in ${secret} was not renewed`,
        description: `It has ${VALUE_DURATION} left, and should have been renewed by now.`,
      },
      {
        name: 'CertificateExpiring',
        expr: `${left} < ${certificateMargins.critical}`,
        severity: 'critical',
        summary: `The certificate in ${secret} is about to expire`,
        description: `It has ${VALUE_DURATION} left. Without it there are no new connections.`,
      },
      ...(settings.certificates === 'own' ? [certificateProblem(secret)] : []),
      {
        name: 'NatsServersBehind',
        // Kubernetes brings a changed Secret to pods within minutes, and the operator goes on trying.
        expr: series(METRICS.serversBehind).max().above(0).expr,
        for: '1h',
        severity: 'warning',
        summary: 'NATS servers present an old certificate',
        description: `Servers that did not take up the certificate of their Secret for an hour: ${VALUE}.`,
      },
    ],
  };
}

const certificateProblem = (secret: string): AlertSpec => ({
  name: 'CertificateProblem',
  expr: `${series(METRICS.certificateProblem).max('secret')} == 1`,
  for: '15m',
  severity: 'warning',
  summary: `${secret} has a problem that the operator can’t mend`,
  description: 'It is not the operator’s to change; an Event on the Secret says what is wrong.',
});
