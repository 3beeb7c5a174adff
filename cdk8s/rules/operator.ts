// The operator: whether it is there, whether more replicas would help, and what it can't repair.
import { METRICS, metric } from '../../workers/contract/metrics.ts';
import { recorded, series } from '../promql.ts';
import { type GroupSpec, label, record, VALUE } from './rule.ts';

export const OPERATOR_RECORDS = {
  desired: metric('scaler:newsjet_scaler_desired_replicas:max', 'Replicas that were decided upon', 'scaler'),
  maximum: metric('scaler:newsjet_scaler_max_replicas:max', 'Replicas that there may be', 'scaler'),
  lag: metric('scaler:newsjet_scaler_lag_messages:max', 'Messages pending or in hand', 'scaler'),
} as const;

export function operatorGroup(): GroupSpec {
  const { desired, maximum, lag } = OPERATOR_RECORDS;
  return {
    name: 'operator',
    records: [
      record(desired, series(METRICS.scalerDesired).max('scaler')),
      record(lag, series(METRICS.scalerLag).max('scaler')),
      record(maximum, series(METRICS.scalerMaximum).max('scaler')),
    ],
    alerts: [
      {
        name: 'OperatorWithoutLeader',
        // Longer than the 17 s in which another takes over; also where there is no operator at all.
        expr: `absent(${series(METRICS.operatorLeader)} == 1)`,
        for: '2m',
        severity: 'warning',
        summary: 'No operator leads',
        description: 'Nothing is scaled, repaired or renewed; workers go on with as many replicas as there are.',
      },
      {
        name: 'ReplicasAtMax',
        expr: `${recorded(desired)} >= ${recorded(maximum)}\nand ${recorded(lag).slope('5m').above(0)}`,
        for: '10m',
        severity: 'warning',
        summary: `${label('scaler')} has all replicas that it may`,
        description: `Its lag grows nevertheless. Replicas: ${VALUE}.`,
      },
      {
        name: 'DriftUnrepairable',
        expr: `${series(METRICS.driftUnrepairable).max('kind', 'name')} == 1`,
        for: '5m',
        severity: 'warning',
        summary: `The ${label('kind')} ${label('name')} is not as declared`,
        description: 'The operator can’t bring it back without loss, or is refused; its log and an Event say why.',
      },
    ],
  };
}
