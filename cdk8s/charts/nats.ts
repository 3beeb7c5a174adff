// The servers: a StatefulSet with TLS on clients and routes, its configuration, Services and disruption budget.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { Topology } from '../../workers/contract/topology.ts';
import { type ComponentProps, contentHash } from '../component.ts';
import * as names from '../names.ts';
import { EnvironmentVariable } from '../nats/conf.ts';
import { renderServerConfig } from '../nats/server-config.ts';
import { podTemplate, type Resources } from '../pod.ts';
import { ALIVE, httpProbe, READY } from '../probes.ts';
import { NATS_SECRET } from '../secret-plan.ts';
import { servicePort } from '../service-port.ts';
import { StatefulSet } from '../stateful-set.ts';
import { claimedVolume, claimTemplate, configMapVolume, scratchVolume, secretVolume } from '../volumes.ts';

const CONFIG_FILE = 'nats.conf';
const CONFIG_DIRECTORY = '/etc/newsjet/nats';
const STORE_DIRECTORY = '/data';
const PID_DIRECTORY = '/run/nats';
const PID_FILE = `${PID_DIRECTORY}/nats.pid`;
/** Any that is not root: the image names none. */
const USER = 1000;
/** Lame duck takes 5 s of grace and 30 s of moving clients; the rest is for flushing streams. */
const GRACE_SECONDS = 60;
const GIB = 1024 ** 3;
/** Claims can't be changed by `kubectl apply`: such a step is not left by one more bucket. */
const CLAIM_STEP_GIB = 10;
const RESOURCES: Resources = {
  requests: { cpu: '200m', memory: '256Mi' },
  limits: { cpu: '2', memory: '1Gi' },
};
/** Up to a quarter of an hour, in which a server catches up with its streams. */
const CATCHING_UP = { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 180 };

export class NatsChart extends Chart {
  constructor(scope: Construct, id: string, { topology, versions, settings }: ComponentProps) {
    const labels = names.labelsOf(names.NATS, names.NATS);
    super(scope, id, { namespace: settings.namespace, labels });
    const configuration = renderServerConfig(topology, {
      serverName: new EnvironmentVariable('POD_NAME'),
      clientPort: names.NATS_CLIENT_PORT,
      clusterPort: names.NATS_CLUSTER_PORT,
      monitorPort: names.NATS_MONITOR_PORT,
      // For the kubelet's probes; network policies let nobody else in.
      monitorHost: '0.0.0.0',
      routes: Array.from(
        { length: topology.servers },
        (_, index) => `${names.NATS}-${index}.${names.NATS_HEADLESS}:${names.NATS_CLUSTER_PORT}`,
      ),
      storeDirectory: STORE_DIRECTORY,
      pidFile: PID_FILE,
      certificates: {
        ca: `${names.TLS_DIRECTORY}/ca.crt`,
        cert: `${names.TLS_DIRECTORY}/tls.crt`,
        key: `${names.TLS_DIRECTORY}/tls.key`,
      },
    });
    const ports = {
      client: names.NATS_CLIENT_PORT,
      ...(topology.servers > 1 ? { cluster: names.NATS_CLUSTER_PORT } : {}),
      monitor: names.NATS_MONITOR_PORT,
    };
    const { monitor, ...served } = ports;

    new k8s.KubeConfigMap(this, 'config', {
      metadata: { name: names.NATS_CONFIG },
      data: { [CONFIG_FILE]: configuration },
    });
    new k8s.KubeService(this, 'headless', {
      metadata: { name: names.NATS_HEADLESS },
      spec: {
        clusterIp: 'None',
        // Servers find each other before any of them is ready.
        publishNotReadyAddresses: true,
        selector: names.selectorOf(names.NATS).matchLabels,
        ports: Object.entries(served).map(([name, port]) => servicePort(name, port)),
      },
    });
    new k8s.KubeService(this, 'client', {
      metadata: { name: names.NATS },
      spec: {
        selector: names.selectorOf(names.NATS).matchLabels,
        ports: [servicePort('client', names.NATS_CLIENT_PORT)],
      },
    });
    new k8s.KubePodDisruptionBudget(this, 'disruption', {
      metadata: { name: names.NATS },
      spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: names.selectorOf(names.NATS) },
    });
    new StatefulSet(this, 'servers', {
      metadata: { name: names.NATS },
      spec: {
        serviceName: names.NATS_HEADLESS,
        replicas: topology.servers,
        // A server alone never becomes ready: a quorum has to start together.
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate' },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        selector: names.selectorOf(names.NATS),
        template: podTemplate({
          name: names.NATS,
          labels,
          annotations: { 'checksum/config': contentHash(configuration) },
          image: versions.images.nats,
          user: USER,
          command: ['nats-server', '--config', `${CONFIG_DIRECTORY}/${CONFIG_FILE}`],
          // The collector works harder before the limit is reached.
          environment: { POD_NAME: { field: 'metadata.name' }, GOMEMLIMIT: '900MiB' },
          ports,
          mounts: [
            claimedVolume('data', STORE_DIRECTORY),
            configMapVolume('config', names.NATS_CONFIG, CONFIG_DIRECTORY),
            secretVolume('tls', NATS_SECRET, names.TLS_DIRECTORY),
            scratchVolume('run', PID_DIRECTORY, '1Mi'),
          ],
          probes: {
            // Caught up with every stream: an update that rolls on earlier would lose the quorum.
            startupProbe: httpProbe('monitor', '/healthz', CATCHING_UP),
            readinessProbe: httpProbe('monitor', '/healthz?js-server-only=true', READY),
            livenessProbe: httpProbe('monitor', '/healthz?js-enabled-only=true', ALIVE),
          },
          // The server then takes no notice of SIGTERM, and ends by itself.
          preStop: ['nats-server', '--signal', `ldm=${PID_FILE}`],
          graceSeconds: GRACE_SECONDS,
          resources: RESOURCES,
          spread: {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'DoNotSchedule',
            // Nodes that take no pods don't count, or two nodes and a control plane could not hold three servers.
            nodeTaintsPolicy: 'Honor',
            labelSelector: names.selectorOf(names.NATS),
          },
        }),
        volumeClaimTemplates: [
          claimTemplate({ name: 'data', size: claimSize(topology), storageClass: settings.storageClass }),
        ],
      },
    });
  }
}

/** A tenth more than the streams may hold, as the server's own limit says, in whole steps. */
function claimSize({ streams }: Topology): string {
  const bytes = streams.reduce((sum, { maxBytes }) => sum + maxBytes, 0) * 1.1;
  return `${Math.ceil(bytes / GIB / CLAIM_STEP_GIB) * CLAIM_STEP_GIB}Gi`;
}
