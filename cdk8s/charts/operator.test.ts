import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { EVERY_SOURCE, environmentOf, find, type Loose, ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { KedaChart } from './keda.ts';
import { OperatorChart } from './operator.ts';

const synth = (definition: string): Loose[] =>
  Testing.synth(new OperatorChart(Testing.app(), 'operator', propsOf(definition)));
const keda = (definition: string): Loose[] =>
  Testing.synth(new KedaChart(Testing.app(), 'keda', propsOf(definition, { scaling: 'keda', namespace: 'news' })));
const WORKERS = `workers:
  a-exporter: { replicas: { min: 2, max: 2 } }
  a-consumer: { replicas: { min: 0, max: 4 }, lagPerReplica: 500 }
  news-creator: { drainSeconds: 10 }`;

describe('OperatorChart', () => {
  it('has a WorkerScaler for each worker that follows its lag, as the definition says', () => {
    const scalers = synth(`${ONE_SOURCE}\n${WORKERS}`).filter(({ kind }) => kind === 'WorkerScaler');
    expect(scalers.map(({ apiVersion, metadata, spec }) => [apiVersion, metadata.name, spec])).toEqual([
      [
        'newsjet.io/v1alpha1',
        'a-consumer',
        {
          target: { name: 'a-consumer' },
          stream: 'SOURCES',
          consumer: 'a-consumer',
          minReplicas: 0,
          maxReplicas: 4,
          lagPerReplica: 500,
          batch: 8,
        },
      ],
      [
        'newsjet.io/v1alpha1',
        'news-creator',
        {
          target: { name: 'news-creator' },
          stream: 'NEWS',
          consumer: 'news-creator',
          minReplicas: 1,
          maxReplicas: 10,
          drainSeconds: 10,
          batch: 1_000,
        },
      ],
    ]);
  });

  it('may do exactly this, and scale the Deployments of scalers alone', () => {
    expect(find(synth(`${ONE_SOURCE}\n${WORKERS}`), 'Role', 'operator').rules).toEqual([
      { apiGroups: ['newsjet.io'], resources: ['workerscalers'], verbs: ['list', 'watch'] },
      { apiGroups: ['newsjet.io'], resources: ['workerscalers/status'], verbs: ['patch'] },
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'watch'] },
      {
        apiGroups: ['apps'],
        resources: ['deployments/scale'],
        verbs: ['patch'],
        resourceNames: ['a-consumer', 'news-creator'],
      },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['get', 'update'],
        resourceNames: ['operator'],
      },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
    ]);
  });

  it('runs two replicas, spread, of which one may be away', () => {
    const manifests = synth(ONE_SOURCE);
    const { replicas, template } = find(manifests, 'Deployment', 'operator').spec;
    expect(replicas).toBe(2);
    expect(template.spec.topologySpreadConstraints).toHaveLength(1);
    expect(template.spec.serviceAccountName).toBe('operator');
    expect(template.spec.volumes).toEqual([
      { name: 'tls', secret: { secretName: 'operator-tls', defaultMode: 0o440 } },
    ]);
    expect(environmentOf(template)).toMatchObject({
      WORKER: 'operator',
      NAMESPACE: 'field:metadata.namespace',
      POD_NAME: 'field:metadata.name',
    });
    expect(find(manifests, 'PodDisruptionBudget', 'operator').spec.maxUnavailable).toBe(1);
  });

  it('has nothing to scale where every worker’s number is fixed', () => {
    const fixed = ['a-exporter', 'a-consumer', 'news-creator'].map(
      (name) => `${name}: { replicas: { min: 1, max: 1 } }`,
    );
    const manifests = synth(`${ONE_SOURCE}\nworkers: { ${fixed.join(', ')} }`);
    const resources = find(manifests, 'Role', 'operator').rules.flatMap((rule: Loose) => rule.resources);
    expect(resources).not.toContain('deployments/scale');
  });
});

describe('KedaChart', () => {
  it('has a ScaledObject for each worker that follows its lag', () => {
    const [consumer, creator, ...others] = keda(`${ONE_SOURCE}\n${WORKERS}`);
    expect(others).toEqual([]);
    expect(consumer).toMatchObject({ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject' });
    expect(consumer.spec).toMatchObject({
      scaleTargetRef: { name: 'a-consumer' },
      minReplicaCount: 0,
      maxReplicaCount: 4,
      triggers: [
        {
          type: 'nats-jetstream',
          metadata: {
            natsServerMonitoringEndpoint: 'nats-headless.news.svc.cluster.local:8222',
            account: 'NEWSJET',
            stream: 'SOURCES',
            consumer: 'a-consumer',
            lagThreshold: '500',
            activationLagThreshold: '0',
            useHttps: 'false',
          },
        },
      ],
    });
    // It can't measure: two batches stand for the seconds.
    expect(creator.spec.triggers[0].metadata.lagThreshold).toBe('2000');
  });

  it('leaves out whom nobody scales', () => {
    const names = keda(EVERY_SOURCE).map(({ metadata }) => metadata.name);
    expect(names).not.toContain('x-exporter');
    expect(names).not.toContain('news-monitor');
  });
});
