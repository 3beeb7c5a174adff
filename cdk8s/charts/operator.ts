// The operator: two replicas of which one leads, what they may do, and a WorkerScaler for each worker that follows its lag.
import { ApiObject, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { OPERATOR } from '../../workers/contract/roles.ts';
import { WORKER_SCALER, type WorkerScalerSpec } from '../../workers/contract/worker-scaler.ts';
import { contentHash } from '../component.ts';
import { labelsOf, selectorOf, WORKER_PORT } from '../names.ts';
import { identityVolume, NODE_USER, natsEnvironment } from '../pipeline-client.ts';
import { podTemplate } from '../pod.ts';
import { ALIVE, httpProbe, READY, STARTING } from '../probes.ts';
import { type ScaledWorker, scaledWorkers } from '../scaled-workers.ts';
import { workerImage } from '../versions.ts';
import { configMapVolume } from '../volumes.ts';
import { type BootstrapProps, DEFINITION, DEFINITION_DIRECTORY, DEFINITION_FILE, SETTINGS_FILE } from './bootstrap.ts';
import { certificateRenewal, systemAccess } from './certificate-renewal.ts';
import { newsSourceRules } from './news-source-rules.ts';

const REPLICAS = 2;

export class OperatorChart extends Chart {
  constructor(scope: Construct, id: string, { definition, topology, versions, settings }: BootstrapProps) {
    super(scope, id, { namespace: settings.namespace });
    const labels = labelsOf(OPERATOR, OPERATOR);
    const metadata = { name: OPERATOR, labels };
    const scaled = scaledWorkers(topology);
    const renewal = certificateRenewal({ topology, versions, settings });
    const system = systemAccess({ topology, versions, settings });
    new k8s.KubeServiceAccount(this, 'account', { metadata, automountServiceAccountToken: false });
    new k8s.KubeRole(this, 'role', {
      metadata,
      rules: [...RULES, ...renewal.rules, ...newsSourceRules({ settings, topology })],
    });
    new k8s.KubeRoleBinding(this, 'binding', {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: OPERATOR },
      subjects: [{ kind: 'ServiceAccount', name: OPERATOR, namespace: settings.namespace }],
    });
    new k8s.KubePodDisruptionBudget(this, 'disruption', {
      metadata,
      spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: selectorOf(OPERATOR) },
    });
    new k8s.KubeDeployment(this, 'deployment', {
      metadata,
      spec: {
        replicas: REPLICAS,
        selector: selectorOf(OPERATOR),
        template: podTemplate({
          name: OPERATOR,
          labels,
          image: workerImage(versions, OPERATOR),
          user: NODE_USER,
          serviceAccount: OPERATOR,
          environment: {
            ...natsEnvironment(OPERATOR),
            NAMESPACE: { field: 'metadata.namespace' },
            POD_NAME: { field: 'metadata.name' },
            HTTP_HOST: '0.0.0.0',
            HTTP_PORT: String(WORKER_PORT),
            DEFINITION: `${DEFINITION_DIRECTORY}/${DEFINITION_FILE}`,
            SETTINGS: `${DEFINITION_DIRECTORY}/${SETTINGS_FILE}`,
            ...system.environment,
            ...renewal.environment,
          },
          ports: { http: WORKER_PORT },
          mounts: [
            identityVolume(OPERATOR),
            configMapVolume('definition', DEFINITION, DEFINITION_DIRECTORY),
            ...system.mounts,
            ...renewal.mounts,
          ],
          // It reads them when it starts.
          annotations: { 'checksum/definition': contentHash([definition, settings, versions]) },
          probes: {
            startupProbe: httpProbe('http', '/healthz', STARTING),
            readinessProbe: httpProbe('http', '/readyz', READY),
            livenessProbe: httpProbe('http', '/healthz', ALIVE),
          },
          resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { cpu: '1', memory: '384Mi' } },
          spread: {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: selectorOf(OPERATOR),
          },
        }),
      },
    });
    const { group, version, kind } = WORKER_SCALER;
    for (const worker of scaled) {
      new ApiObject(this, worker.name, {
        apiVersion: `${group}/${version}`,
        kind,
        metadata: { name: worker.name, labels: labelsOf(worker.name, worker.role) },
        spec: scalerSpec(worker),
      });
    }
  }
}

const { group: GROUP, plural: PLURAL } = WORKER_SCALER;
/** What it takes to scale, and to lead; all of it within the namespace. */
const RULES: readonly k8s.PolicyRule[] = [
  { apiGroups: [GROUP], resources: [PLURAL], verbs: ['list', 'watch'] },
  { apiGroups: [GROUP], resources: [`${PLURAL}/status`], verbs: ['patch'] },
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list', 'watch'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'update'], resourceNames: [OPERATOR] },
  // What does not exist yet can't be allowed by its name.
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

/** How a worker is scaled, as the definition says it. */
function scalerSpec({ name, consumer, scaling, batch }: ScaledWorker) {
  const { min, max, goal } = scaling;
  return {
    target: { name },
    stream: consumer.stream,
    consumer: consumer.name,
    minReplicas: min,
    maxReplicas: max,
    ...(goal.kind === 'drain' ? { drainSeconds: goal.seconds } : { lagPerReplica: goal.perReplica }),
    batch,
  } satisfies WorkerScalerSpec;
}
