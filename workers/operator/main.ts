// operator: scales workers on the lag of their consumer, and renews certificates. Of its replicas one leads, and the others
// are ready to.
import { METRICS } from '../contract/metrics.ts';
import { OPERATOR } from '../contract/roles.ts';
import { text } from '../runtime/environment.ts';
import { connectKubernetes } from '../runtime/kubernetes.ts';
import { counter } from '../runtime/metrics.ts';
import { runConnectedWorker } from '../runtime/worker.ts';
import { createRenewal, RENEWAL_OPTIONS } from './certificates/renewal.ts';
import { KubernetesClient } from './kubernetes/client.ts';
import { EventRecorder } from './kubernetes/events.ts';
import { LeaderElector } from './kubernetes/leader-election.ts';
import type { RequestsOptions } from './kubernetes/requests.ts';
import { qualifiedName } from './kubernetes/resource.ts';
import { ScalerController } from './scalers/controller.ts';
import { ScalerMetrics } from './scalers/scaler-metrics.ts';
import { readConsumerLag } from './scaling/consumer-lag.ts';

const OPTIONS = {
  namespace: text('NAMESPACE'),
  /** Which replica this is, for Events. */
  podName: text('POD_NAME'),
  ...RENEWAL_OPTIONS,
};

await runConnectedWorker(OPTIONS, async ({ settings, log, registry, connection, stop, onEnd, waitingFor }) => {
  const { namespace, podName: instance } = settings;
  const requests = counter(registry, METRICS.apiRequests);
  const options: RequestsOptions = {
    access: connectKubernetes(),
    onRequest: ({ verb, resource, subresource }, status) =>
      requests.inc({ verb, resource: qualifiedName(resource, subresource), status }),
  };
  // Each with a rate limit of its own: neither the Lease nor a scale waits behind what is only told.
  const [client, leaseClient, tellingClient, secretClient] = [0, 1, 2, 3].map(() => new KubernetesClient(options)) as [
    KubernetesClient,
    KubernetesClient,
    KubernetesClient,
    KubernetesClient,
  ];
  const recorder = new EventRecorder({
    ...{ client: tellingClient, controller: 'newsjet.io/operator', instance, log },
    signal: stop.abandoning,
  });
  onEnd(() => recorder.flush());
  const controller = new ScalerController({
    ...{ namespace, client, statusClient: tellingClient, recorder, log },
    metrics: new ScalerMetrics(registry),
    read: (stream, consumer) => readConsumerLag({ connection, stream, consumer }),
  });
  const renewal = await createRenewal(settings, { namespace, client: secretClient, recorder, registry, log });
  const elector = new LeaderElector({ client: leaseClient, namespace, name: OPERATOR, log });

  waitingFor('the API server');
  const running = controller.run(stop.stopping);
  await Promise.race([controller.synced, running]);
  waitingFor(undefined);
  await elector.run(stop.stopping, async (leading) => {
    const still = (): boolean => elector.leading;
    await Promise.all([controller.lead(leading, still), renewal?.lead(leading, still)]);
  });
  await running;
});
