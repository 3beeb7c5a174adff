import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../settings.ts';
import { EVERY_SOURCE, environmentOf, find, type Loose, ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { certificateRenewal } from './certificate-renewal.ts';
import { KedaChart } from './keda.ts';
import { OperatorChart } from './operator.ts';

const synth = (definition: string, settings: Partial<Settings> = {}): Loose[] =>
  Testing.synth(new OperatorChart(Testing.app(), 'operator', { ...propsOf(definition, settings), definition }));
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

  it('may do exactly this', () => {
    const rule = (apiGroup: string, resource: string, verbs: string[], resourceNames?: string[]) => ({
      ...{ apiGroups: [apiGroup], resources: [resource], verbs },
      ...(resourceNames && { resourceNames }),
    });
    const rules = (settings: Partial<Settings> = {}): Loose[] =>
      find(synth(`${ONE_SOURCE}\n${WORKERS}`, settings), 'Role', 'operator').rules;
    expect(rules()).toEqual([
      rule('newsjet.io', 'workerscalers', ['list', 'watch']),
      rule('newsjet.io', 'workerscalers/status', ['patch']),
      rule('apps', 'deployments', ['list', 'watch']),
      rule('coordination.k8s.io', 'leases', ['get', 'update'], ['operator']),
      rule('coordination.k8s.io', 'leases', ['create']),
      rule('events.k8s.io', 'events', ['create', 'patch']),
      ...certificateRenewal(propsOf(`${ONE_SOURCE}\n${WORKERS}`)).rules,
      rule('newsjet.io', 'newssources', ['list', 'watch', 'patch']),
      rule('newsjet.io', 'newssources/status', ['patch']),
      rule('newsjet.io', 'workerscalers', ['create', 'patch', 'delete']),
      rule('apps', 'deployments', ['create', 'patch', 'delete']),
      rule('apps', 'deployments/scale', ['patch']),
      rule('networking.k8s.io', 'networkpolicies', ['list', 'watch', 'create', 'patch', 'delete']),
      rule('', 'configmaps', ['list', 'watch']),
      rule('', 'configmaps', ['patch'], ['nats-config']),
      rule('', 'secrets', ['get', 'create', 'update', 'delete']),
      rule('', 'pods', ['patch'], ['nats-0', 'nats-1', 'nats-2']),
    ]);
    const certificates = rule('cert-manager.io', 'certificates', ['create', 'patch', 'delete']);
    const others = rules()
      .filter(({ resources: [resource] }) => resource !== 'statefulsets')
      .map((each) => (each.resources[0] === 'secrets' ? rule('', 'secrets', ['get', 'delete']) : each));
    expect(rules({ certificates: 'cert-manager' })).toEqual([...others, certificates]);
  });

  it('starts anew when the definition or the settings change, which it reads when it starts', () => {
    const checksum = (text: string, settings: Partial<Settings> = {}): unknown =>
      find(synth(text, settings), 'Deployment', 'operator').spec.template.metadata.annotations['checksum/definition'];
    const [one, other, elsewhere] = [
      checksum(ONE_SOURCE),
      checksum(EVERY_SOURCE),
      checksum(ONE_SOURCE, { namespace: 'b' }),
    ];
    expect(new Set([one, other, elsewhere, checksum(ONE_SOURCE)]).size).toBe(3);
  });

  it('runs two replicas, spread, of which one may be away', () => {
    const manifests = synth(ONE_SOURCE);
    const { replicas, template } = find(manifests, 'Deployment', 'operator').spec;
    expect(replicas).toBe(2);
    expect(template.spec.topologySpreadConstraints).toHaveLength(1);
    expect(template.spec.serviceAccountName).toBe('operator');
    expect(template.spec.volumes).toEqual([
      { name: 'tls', secret: { secretName: 'operator-tls', defaultMode: 0o440 } },
      { name: 'definition', configMap: { name: 'definition' } },
      { name: 'system', secret: { secretName: 'system-tls', defaultMode: 0o440 } },
      { name: 'plan', configMap: { name: 'certs-plan' } },
    ]);
    expect(environmentOf(template)).toMatchObject({
      WORKER: 'operator',
      NAMESPACE: 'field:metadata.namespace',
      POD_NAME: 'field:metadata.name',
      DEFINITION: '/etc/newsjet/definition/newsjet.yaml',
      SETTINGS: '/etc/newsjet/definition/settings.json',
    });
    expect(find(manifests, 'PodDisruptionBudget', 'operator').spec.maxUnavailable).toBe(1);
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
