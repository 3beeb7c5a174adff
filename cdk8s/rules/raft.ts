// What replication needs: servers, a quorum of them, and leaders.
import { NATS_METRICS } from '../../workers/contract/nats-metrics.ts';
import type { Topology } from '../../workers/contract/topology.ts';
import { series } from '../promql.ts';
import { type AlertSpec, label, VALUE } from './rule.ts';

/** A single server has no others to agree with. */
export const raftAlerts = ({ servers }: Topology): AlertSpec[] => [
  ...(servers > 1 ? clusterAlerts() : []),
  {
    name: 'StreamWithoutLeader',
    expr: `${series(NATS_METRICS.streamLeader).max('stream')} == 0`,
    for: '1m',
    severity: 'critical',
    summary: `The stream ${label('stream')} has no leader`,
    description: 'Nothing can be stored in it or read from it.',
  },
  {
    name: 'ConsumerWithoutLeader',
    expr: `${series(NATS_METRICS.consumerLeader).max('stream', 'consumer_name')} == 0`,
    for: '1m',
    severity: 'critical',
    summary: `The consumer ${label('consumer_name')} on ${label('stream')} has no leader`,
    description: 'It delivers nothing.',
  },
];

function clusterAlerts(): AlertSpec[] {
  // Where none answers, nobody knows how many there are: see NatsUnreachable.
  const surveyed = series(NATS_METRICS.surveyed).max().above(0);
  const expected = series(NATS_METRICS.expected).max();
  const leader = series(NATS_METRICS.metaLeader).max();
  return [
    {
      name: 'ServerMissing',
      // Longer than a server takes to be replaced in an upgrade.
      expr: `${expected} - (${surveyed}) > 0`,
      for: '5m',
      severity: 'warning',
      summary: 'A server is missing',
      description: `NATS servers that do not answer: ${VALUE}. With one more there may be no quorum.`,
    },
    {
      name: 'QuorumLost',
      expr: `(${surveyed}) <= ${expected} / 2`,
      for: '1m',
      severity: 'critical',
      summary: 'NATS has no quorum',
      description: `NATS servers that answer: ${VALUE}. Nothing can be stored until more than half of them do.`,
    },
    {
      name: 'MetaLeaderLost',
      expr: `${surveyed}\nunless (${leader} == 1)`,
      for: '1m',
      severity: 'critical',
      summary: 'JetStream has no meta leader',
      description: `Servers that answer: ${VALUE}. None leads: no stream or consumer can be created, changed or moved.`,
    },
  ];
}
