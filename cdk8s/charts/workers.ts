// One Deployment a worker of the topology, and the Services of the page and of what it asks for stored news.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { NEWS_MONITOR, NEWS_READER, type Role } from '../../workers/contract/roles.ts';
import type { WorkerSpec } from '../../workers/contract/topology.ts';
import type { ComponentProps } from '../component.ts';
import { labelsOf, selectorOf, WORKER_PORT } from '../names.ts';
import { identityVolume, NODE_USER, natsEnvironment } from '../pipeline-client.ts';
import { podTemplate, type Resources } from '../pod.ts';
import { ALIVE, httpProbe, READY, STARTING } from '../probes.ts';
import { servicePort } from '../service-port.ts';
import type { Settings } from '../settings.ts';
import { workerImage } from '../versions.ts';
import { outsideOf } from '../worker-outside.ts';

/** Documents are large and several are in hand at once; posts and the monitor's news are not. */
const RESOURCES: Readonly<Record<Role, Resources>> = {
  'rss-exporter': resources('50m', '128Mi', '512Mi'),
  'rss-consumer': resources('100m', '128Mi', '512Mi'),
  'twitter-exporter': resources('50m', '96Mi', '256Mi'),
  'twitter-consumer': resources('50m', '96Mi', '256Mi'),
  'news-creator': resources('100m', '128Mi', '512Mi'),
  'news-reader': resources('50m', '96Mi', '256Mi'),
  'news-monitor': resources('50m', '96Mi', '256Mi'),
  'nats-monitor': resources('25m', '64Mi', '256Mi'),
};
/** Where the process gives up after 20 s: see GRACE_MS. */
const GRACE_SECONDS = 30;

export class WorkersChart extends Chart {
  constructor(scope: Construct, id: string, props: ComponentProps) {
    const { topology, settings } = props;
    super(scope, id, { namespace: settings.namespace });
    for (const worker of topology.workers) this.#deploy(worker, props);
    const { pageNodePort } = settings;
    new k8s.KubeService(this, 'page', {
      metadata: { name: NEWS_MONITOR, labels: labelsOf(NEWS_MONITOR, NEWS_MONITOR) },
      spec: {
        selector: selectorOf(NEWS_MONITOR).matchLabels,
        ...(pageNodePort === undefined ? {} : { type: 'NodePort' }),
        ports: [{ ...servicePort('http', 80), ...(pageNodePort === undefined ? {} : { nodePort: pageNodePort }) }],
      },
    });
    new k8s.KubeService(this, 'reader', {
      metadata: { name: NEWS_READER, labels: labelsOf(NEWS_READER, NEWS_READER) },
      spec: { selector: selectorOf(NEWS_READER).matchLabels, ports: [servicePort('http', 80)] },
    });
  }

  #deploy(worker: WorkerSpec, props: ComponentProps): void {
    const { name, role, environment } = worker;
    const labels = labelsOf(name, role);
    const outside = outsideOf(worker, props);
    new k8s.KubeDeployment(this, name, {
      metadata: { name, labels },
      spec: {
        ...replicas(worker, props.settings),
        // A worker of the new kind is at work before one of the old gives its messages back.
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
        },
        selector: selectorOf(name),
        template: podTemplate({
          name: role,
          labels,
          image: workerImage(props.versions, role),
          user: NODE_USER,
          environment: {
            ...(worker.connects ? natsEnvironment(name) : {}),
            ...environment,
            ...outside.environment,
            HTTP_HOST: '0.0.0.0',
            HTTP_PORT: String(WORKER_PORT),
          },
          ports: { http: WORKER_PORT },
          mounts: [...(worker.connects ? [identityVolume(name)] : []), ...outside.mounts],
          probes: {
            // Readiness alone asks for more than the process itself: a database that comes late or goes away ends no worker.
            startupProbe: httpProbe('http', '/healthz', STARTING),
            readinessProbe: httpProbe('http', '/readyz', READY),
            livenessProbe: httpProbe('http', '/healthz', ALIVE),
          },
          graceSeconds: GRACE_SECONDS,
          resources: RESOURCES[role],
          spread: {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: selectorOf(name),
          },
        }),
      },
    });
  }
}

/** Left out where lag decides: applying the manifests again must not undo how a worker was scaled. */
const replicas = ({ scaling, replicas: { min } }: WorkerSpec, settings: Settings): { replicas?: number } =>
  scaling && settings.scaling !== 'none' ? {} : { replicas: min };

function resources(cpu: string, memory: string, memoryLimit: string): Resources {
  return { requests: { cpu, memory }, limits: { cpu: '1', memory: memoryLimit } };
}
