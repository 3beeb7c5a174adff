// Who may connect to whom: nobody to anybody, and then one policy for each thing that is allowed.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import {
  BOOTSTRAP,
  isTraced,
  NEWS_CREATOR,
  NEWS_MONITOR,
  NEWS_READER,
  OPERATOR,
  REPLAY,
} from '../../workers/contract/roles.ts';
import { ANYWHERE, INTERNET, PRIVATE_NETWORKS } from '../address-blocks.ts';
import { collectorPeers } from '../collector.ts';
import type { ComponentProps } from '../component.ts';
import { destinationsOf } from '../destinations.ts';
import * as names from '../names.ts';
import { measuredWorkloads } from '../prometheus/targets.ts';
import type { Settings } from '../settings.ts';
import { needsCerts } from './certs.ts';

/** Pods by the names of their workloads. */
const pods = (...values: string[]): k8s.LabelSelector =>
  values.length === 1 && values[0]
    ? names.selectorOf(values[0])
    : { matchExpressions: [{ key: names.NAME_LABEL, operator: 'In', values }] };
const tcp = (...ports: number[]): k8s.NetworkPolicyPort[] =>
  ports.map((port) => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }));
const metadata = (name: string): k8s.ObjectMeta => ({ name, labels: { [names.PART_OF_LABEL]: 'newsjet' } });
/** The resolver that kubeadm, and so kind, and the clouds install. */
const RESOLVER: k8s.NetworkPolicyPeer = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
};

/** Where KEDA's own chart puts what asks scalers. */
const KEDA: k8s.NetworkPolicyPeer = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'keda' } },
  podSelector: { matchLabels: { app: 'keda-operator' } },
};

/** The Prometheus operator labels the pods of its Prometheus so, wherever they are. */
const FOREIGN_PROMETHEUS: k8s.NetworkPolicyPeer = {
  namespaceSelector: {},
  podSelector: { matchLabels: { [names.NAME_LABEL]: 'prometheus' } },
};
/** Pods of any namespace, for where blocks of addresses don't stand for pods. */
const ANY_POD: k8s.NetworkPolicyPeer = { namespaceSelector: {} };

/** Grafana asks Prometheus by name. To that the API server tells addresses, and an Alertmanager alone has a name. */
const resolvingMonitors = ({ monitoring, discovery, alertmanager }: Settings): string[] => {
  if (monitoring !== 'own') return [];
  return [names.GRAFANA, ...(discovery === 'dns' || alertmanager !== undefined ? [names.PROMETHEUS] : [])];
};

/** Two ends of a kind of connection. */
interface Connection {
  readonly name: string;
  readonly from: readonly string[];
  readonly to: string | readonly string[];
  readonly port: number;
}

export class NetworkPoliciesChart extends Chart {
  constructor(scope: Construct, id: string, props: ComponentProps) {
    const { topology, settings } = props;
    super(scope, id, { namespace: settings.namespace });
    const reaching = (destination: 'internet' | 'privateNetworks' | 'newsroom'): string[] =>
      topology.workers.filter((worker) => destinationsOf(worker, topology)[destination]).map(({ name }) => name);
    const operator = settings.scaling === 'operator' ? [OPERATOR] : [];
    const connecting = topology.workers.filter(({ connects }) => connects).map(({ name }) => name);
    const clients = [...connecting, BOOTSTRAP, REPLAY, ...operator];
    const ownDatabase = settings.mongodbUriSecret !== undefined;

    const bothWays = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
    new k8s.KubeNetworkPolicy(this, 'default-deny', { metadata: metadata('default-deny'), spec: bothWays });
    this.#connection({ name: 'nats-clients', from: clients, to: names.NATS, port: names.NATS_CLIENT_PORT });
    if (topology.servers > 1) {
      const port = names.NATS_CLUSTER_PORT;
      this.#connection({ name: 'nats-routes', from: [names.NATS], to: names.NATS, port });
    }
    if (ownDatabase) {
      const egress = [{ to: [...ANYWHERE], ports: tcp(settings.mongodbPort) }];
      this.#policy('mongodb-outside', pods(NEWS_CREATOR, NEWS_READER), { egress });
    } else {
      const from = [NEWS_CREATOR, NEWS_READER, names.MONGODB_USER];
      this.#connection({ name: 'mongodb-clients', from, to: names.MONGODB, port: names.MONGODB_PORT });
    }
    this.#connection({ name: 'stored-news', from: [NEWS_MONITOR], to: NEWS_READER, port: names.WORKER_PORT });
    const readers = reaching('newsroom');
    if (readers.length > 0) {
      this.#connection({ name: 'newsroom-readers', from: readers, to: names.NEWSROOM, port: names.NEWSROOM_PORT });
    }
    const resolving = [
      ...clients,
      NEWS_READER,
      names.NATS,
      ...(ownDatabase ? [] : [names.MONGODB_USER]),
      ...resolvingMonitors(settings),
    ];
    const dns = ['UDP', 'TCP'].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(53) }));
    this.#policy('dns', pods(...resolving), { egress: [{ to: [RESOLVER], ports: dns }] });
    this.#outside('internet', reaching('internet'), INTERNET);
    this.#outside('private-networks', reaching('privateNetworks'), PRIVATE_NETWORKS);
    if (settings.otlpEndpoint !== undefined) {
      const { peers, port } = collectorPeers(settings.otlpEndpoint, settings);
      const traced = topology.workers.filter(({ role }) => isTraced(role)).map(({ name }) => name);
      this.#policy('traces', pods(...traced), { egress: [{ to: [...peers], ports: tcp(port) }] });
    }
    // The address of the API server can't be known here; its ports, before and after translation, can.
    const discovering = settings.monitoring === 'own' && settings.discovery !== 'dns' ? [names.PROMETHEUS] : [];
    const askingApi = [...(needsCerts(props) ? [names.CERTS] : []), ...operator, ...discovering];
    if (askingApi.length > 0) {
      this.#policy('api-server', pods(...askingApi), { egress: [{ to: [...ANYWHERE], ports: tcp(443, 6443) }] });
    }
    this.#monitoring(props);
    // KEDA can show no client certificate: it reads the monitoring port, which asks for none.
    if (settings.scaling === 'keda') {
      this.#policy('keda', pods(names.NATS), { ingress: [{ from: [KEDA], ports: tcp(names.NATS_MONITOR_PORT) }] });
    }
    if (settings.pageNodePort !== undefined) {
      this.#policy('page', pods(NEWS_MONITOR), { ingress: [{ ports: tcp(names.WORKER_PORT) }] });
    }
  }

  #monitoring(props: ComponentProps): void {
    const { settings } = props;
    const measured = measuredWorkloads(props).map(({ name }) => name);
    if (settings.monitoring === 'prometheus-operator') {
      const ingress = [{ from: [FOREIGN_PROMETHEUS], ports: tcp(names.WORKER_PORT) }];
      this.#policy('metrics', pods(...measured), { ingress });
    }
    if (settings.monitoring !== 'own') return;
    this.#connection({ name: 'metrics', from: [names.PROMETHEUS], to: measured, port: names.WORKER_PORT });
    this.#connection({ name: 'queries', from: [names.GRAFANA], to: names.PROMETHEUS, port: names.PROMETHEUS_PORT });
    if (settings.alertmanager !== undefined) {
      const port = Number(settings.alertmanager.split(':').at(-1));
      const egress = [{ to: [...ANYWHERE, ANY_POD], ports: tcp(port) }];
      this.#policy('alertmanager', pods(names.PROMETHEUS), { egress });
    }
    const shown = [
      ['prometheus-page', settings.prometheusNodePort, names.PROMETHEUS, names.PROMETHEUS_PORT],
      ['grafana-page', settings.grafanaNodePort, names.GRAFANA, names.GRAFANA_PORT],
    ] as const;
    for (const [name, nodePort, workload, port] of shown) {
      if (nodePort !== undefined) this.#policy(name, pods(workload), { ingress: [{ ports: tcp(port) }] });
    }
  }

  /** Allows a connection at both of its ends. */
  #connection({ name, from, to, port }: Connection): void {
    const ports = tcp(port);
    const target = pods(...[to].flat());
    this.#policy(name, pods(...from), { egress: [{ to: [{ podSelector: target }], ports }] });
    this.#policy(`${name}-in`, target, { ingress: [{ from: [{ podSelector: pods(...from) }], ports }] });
  }

  /** Any TCP port: feeds are on others than 80 and 443, too. */
  #outside(name: string, workers: readonly string[], to: readonly k8s.NetworkPolicyPeer[]): void {
    if (workers.length > 0)
      this.#policy(name, pods(...workers), { egress: [{ to: [...to], ports: [{ protocol: 'TCP' }] }] });
  }

  #policy(
    name: string,
    podSelector: k8s.LabelSelector,
    rules: Pick<k8s.NetworkPolicySpec, 'ingress' | 'egress'>,
  ): void {
    const policyTypes = [...(rules.ingress ? ['Ingress'] : []), ...(rules.egress ? ['Egress'] : [])];
    new k8s.KubeNetworkPolicy(this, name, { metadata: metadata(name), spec: { podSelector, policyTypes, ...rules } });
  }
}
