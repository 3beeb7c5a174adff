// operator: scales workers on the lag of their consumer, collects NewsSources, keeps JetStream as declared and renews
// certificates. Of its replicas one leads, and the others are ready to.
import { METRICS } from '../contract/metrics.ts';
import { OPERATOR } from '../contract/roles.ts';
import { text } from '../runtime/environment.ts';
import { connectKubernetes } from '../runtime/kubernetes.ts';
import { counter } from '../runtime/metrics.ts';
import { createRenewal, RENEWAL_OPTIONS } from './certificates/renewal.ts';
import { DriftControl } from './drift/drift-control.ts';
import { KubernetesClient } from './kubernetes/client.ts';
import { EventRecorder } from './kubernetes/events.ts';
import { LeaderElector } from './kubernetes/leader-election.ts';
import type { KubernetesObject } from './kubernetes/object.ts';
import type { RequestsOptions } from './kubernetes/requests.ts';
import { apiVersionOf, qualifiedName } from './kubernetes/resource.ts';
import { COLLECTION_OPTIONS, createCollection } from './news-sources/collection.ts';
import { runOperator } from './operator-process.ts';
import { ScalerController } from './scalers/controller.ts';
import { DEPLOYMENTS } from './scalers/resources.ts';
import { ScalerMetrics } from './scalers/scaler-metrics.ts';
import { readConsumerLag } from './scaling/consumer-lag.ts';
import { unknownReading } from './scaling/reading.ts';

const OPTIONS = {
  namespace: text('NAMESPACE'),
  /** Which replica this is, for Events. */
  podName: text('POD_NAME'),
  ...COLLECTION_OPTIONS,
  ...RENEWAL_OPTIONS,
};

await runOperator(OPTIONS, async (context) => {
  const { settings, log, registry, link, stop, onEnd, waitingFor } = context;
  const { namespace, podName: instance } = settings;
  const requests = counter(registry, METRICS.apiRequests);
  const options: RequestsOptions = {
    access: connectKubernetes(),
    onRequest: ({ verb, resource, subresource }, status) =>
      requests.inc({ verb, resource: qualifiedName(resource, subresource), status }),
  };
  // Each with a rate limit of its own: neither the Lease nor a scale waits behind what is only told.
  const create = (): KubernetesClient => new KubernetesClient(options);
  const [client, leaseClient, tellingClient] = [create(), create(), create()] as const;
  const [secretClient, sourceClient] = [create(), create()] as const;
  const recorder = new EventRecorder({
    ...{ client: tellingClient, controller: 'newsjet.io/operator', instance, log },
    signal: stop.abandoning,
  });
  onEnd(() => recorder.flush());
  const controller = new ScalerController({
    ...{ namespace, client, statusClient: tellingClient, recorder, log },
    metrics: new ScalerMetrics(registry),
    read: async (stream, consumer) =>
      link.connected
        ? readConsumerLag({ connection: link.connected.connection, stream, consumer })
        : unknownReading(Date.now(), 'failed', link.explain()),
  });
  const collection = await createCollection(settings, {
    ...{ namespace, client: sourceClient, statusClient: tellingClient, recorder, connected: () => link.need(), log },
  });
  const renewal = await createRenewal(settings, {
    ...{ namespace, client: secretClient, recorder, registry, log },
    ...(collection && { furtherCertificates: () => collection.certificates }),
  });
  let drift: DriftControl | undefined;
  const keepDeclared = async (leading: AbortSignal): Promise<void> => {
    const connected = collection && (await link.wait(leading));
    if (!connected) return;
    drift ??= new DriftControl({
      ...{ ...connected, log, registry },
      declared: () => collection.declared.topology,
      removable: (signal) => collection.removable(signal),
      recordEvent: (report) => recorder.record(deploymentOf(namespace), report),
    });
    await drift.run(leading);
  };
  const elector = new LeaderElector({ client: leaseClient, namespace, name: OPERATOR, log });

  waitingFor('the API server');
  const running = Promise.all([controller.run(stop.stopping), collection?.run(stop.stopping)]);
  // NewsSources wait for themselves: a cluster that does not know them yet is scaled all the same.
  await Promise.race([controller.synced, running]);
  waitingFor(undefined);
  await elector.run(stop.stopping, async (leading) => {
    const still = (): boolean => elector.leading;
    await Promise.all([
      controller.lead(leading, still),
      collection?.lead(leading),
      keepDeclared(leading),
      renewal?.lead(leading, still),
    ]);
  });
  await running;
});

/** What Events tell of that are about no object in particular. */
function deploymentOf(namespace: string): KubernetesObject {
  const { kind } = DEPLOYMENTS;
  return { apiVersion: apiVersionOf(DEPLOYMENTS), kind, metadata: { namespace, name: OPERATOR } };
}
