// For clusters that have KEDA: a ScaledObject for each worker that follows its lag, in place of the operator.
import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { ACCOUNT_NAMES } from '../../workers/contract/permissions.ts';
import { HELD_BATCHES } from '../../workers/contract/worker-scaler.ts';
import type { ComponentProps } from '../component.ts';
import { labelsOf, NATS_HEADLESS, NATS_MONITOR_PORT } from '../names.ts';
import { type ScaledWorker, scaledWorkers } from '../scaled-workers.ts';

const POLLING_SECONDS = 5;
/** Before an idle worker with `min: 0` sleeps. */
const COOLDOWN_SECONDS = 60;

/**
 * KEDA asks the servers' monitoring port, for it can't present a client certificate; a network policy opens that port to KEDA and
 * to nobody else. It knows neither how fast a replica is nor what arrives, so that `drainSeconds` becomes two batches a replica;
 * and it takes what it can't read for whatever its HorizontalPodAutoscaler makes of it.
 */
export class KedaChart extends Chart {
  constructor(scope: Construct, id: string, { topology, settings }: ComponentProps) {
    super(scope, id, { namespace: settings.namespace });
    // KEDA finds the leader of a consumer by putting the server's name in front of this one.
    const domain = `${settings.namespace}.svc.${settings.clusterDomain}`;
    const endpoint = `${NATS_HEADLESS}.${domain}:${NATS_MONITOR_PORT}`;
    for (const worker of scaledWorkers(topology)) {
      new ApiObject(this, worker.name, {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: worker.name, labels: labelsOf(worker.name, worker.role) },
        spec: {
          scaleTargetRef: { name: worker.name },
          pollingInterval: POLLING_SECONDS,
          cooldownPeriod: COOLDOWN_SECONDS,
          minReplicaCount: worker.scaling.min,
          maxReplicaCount: worker.scaling.max,
          triggers: [trigger(worker, endpoint)],
        },
      });
    }
  }
}

function trigger({ consumer, scaling: { goal }, batch }: ScaledWorker, endpoint: string) {
  const lag = goal.kind === 'lag' ? goal.perReplica : HELD_BATCHES * batch;
  return {
    type: 'nats-jetstream',
    metadata: {
      natsServerMonitoringEndpoint: endpoint,
      account: ACCOUNT_NAMES.newsjet,
      stream: consumer.stream,
      consumer: consumer.name,
      lagThreshold: String(lag),
      activationLagThreshold: '0',
      useHttps: 'false',
    },
  };
}
