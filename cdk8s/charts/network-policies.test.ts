import { describe, expect, it } from 'vitest';
import type { Settings } from '../settings.ts';
import { EVERY_SOURCE, type Loose, manifestsOf, ONE_SOURCE, workloadsOf } from '../testing/manifests.ts';

/** Whether labels are selected. */
const isSelected = (labels: Loose, { matchLabels = {}, matchExpressions = [] }: Loose): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, values }: Loose) => values.includes(labels[key]));

/** What the policies of some manifests allow, computed as Kubernetes defines it. */
class Network {
  readonly #policies: Loose[];
  readonly pods: ReadonlyMap<string, Loose>;

  constructor(manifests: readonly Loose[]) {
    this.#policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy').map(({ spec }) => spec);
    this.pods = new Map(
      workloadsOf(manifests).map(({ manifest, template }) => [
        manifest.metadata.name.replace(/-[0-9a-f]{10}$/, ''),
        template.metadata.labels,
      ]),
    );
  }

  #rules(pod: string, direction: 'Ingress' | 'Egress'): Loose[] {
    const applying = this.#policies.filter(
      ({ podSelector, policyTypes }) => policyTypes.includes(direction) && isSelected(this.pods.get(pod), podSelector),
    );
    if (applying.length === 0) throw new Error(`nothing denies ${direction} of ${pod}`);
    return applying.flatMap((spec) => spec[direction.toLowerCase()] ?? []);
  }

  /** Every `from -> to:port` between pods that passes at both ends. */
  connections(): string[] {
    const all = [...this.pods.keys()];
    return all
      .flatMap((from) =>
        all.flatMap((to) =>
          this.#rules(from, 'Egress')
            .filter((rule) => this.#reaches(rule.to, to))
            .flatMap(({ ports }) => ports.map(({ port }: Loose) => port))
            .filter((port) =>
              this.#rules(to, 'Ingress').some(
                (rule) => this.#reaches(rule.from, from) && rule.ports.some((p: Loose) => p.port === port),
              ),
            )
            .map((port) => `${from} -> ${to}:${port}`),
        ),
      )
      .sort();
  }

  #reaches(peers: Loose[] | undefined, pod: string): boolean {
    if (!peers) return true;
    return peers.some(
      ({ podSelector, namespaceSelector }) =>
        podSelector && !namespaceSelector && isSelected(this.pods.get(pod), podSelector),
    );
  }

  /** What a pod may reach outside the namespace: blocks, and pods of others by their label. */
  outside(pod: string): string[] {
    return this.#rules(pod, 'Egress')
      .flatMap(({ to, ports }) =>
        to
          .filter((peer: Loose) => peer.ipBlock || peer.namespaceSelector)
          .map((peer: Loose) => {
            const where =
              peer.ipBlock?.cidr ??
              Object.values(
                peer.podSelector?.matchLabels ?? peer.namespaceSelector?.matchLabels ?? { all: 'any pod' },
              )[0];
            return `${where}:${ports.map(({ protocol, port }: Loose) => (port ? `${protocol.toLowerCase()}${port}` : 'any')).join('+')}`;
          }),
      )
      .sort();
  }

  /** Pods that others than pods of the namespace may connect to. */
  exposed(): string[] {
    return [...this.pods.keys()].filter((pod) => this.#rules(pod, 'Ingress').some(({ from }) => !from));
  }
}

const DNS = 'kube-dns:udp53+tcp53';
const INTERNET = ['0.0.0.0/0:any', '2000::/3:any'];
const API_SERVER = ['0.0.0.0/0:tcp443+tcp6443', '::/0:tcp443+tcp6443'];
const PRIVATE = ['10.0.0.0/8:any', '100.64.0.0/10:any', '172.16.0.0/12:any', '192.168.0.0/16:any', 'fc00::/7:any'];

describe('the network policies', () => {
  const network = new Network(manifestsOf(EVERY_SOURCE));
  const workers = ['web', 'home', 'paper', 'x', 'simulated'].flatMap((source) => [
    `${source}-exporter`,
    `${source}-consumer`,
  ]);
  const measured = [...workers, 'news-creator', 'news-reader', 'news-monitor', 'nats-monitor', 'operator'];
  const clients = [...measured.filter((name) => name !== 'news-reader'), 'bootstrap', 'replay'];

  it('allow exactly these connections between pods', () => {
    expect([...network.pods.keys()].sort()).toEqual(
      [
        ...clients,
        'news-reader',
        'certs',
        'grafana',
        'mongodb',
        'mongodb-user',
        'nats',
        'newsroom',
        'prometheus',
      ].sort(),
    );
    expect(network.connections()).toEqual(
      [
        ...clients.map((client) => `${client} -> nats:4222`),
        ...measured.map((worker) => `prometheus -> ${worker}:8080`),
        'grafana -> prometheus:9090',
        'nats -> nats:6222',
        'news-creator -> mongodb:27017',
        'mongodb-user -> mongodb:27017',
        'news-reader -> mongodb:27017',
        'news-monitor -> news-reader:8080',
        'paper-exporter -> newsroom:8700',
        'simulated-exporter -> newsroom:8700',
      ].sort(),
    );
  });

  it('let exporters of the internet out to it, and none else', () => {
    const outside = Object.fromEntries([...network.pods.keys()].map((pod) => [pod, network.outside(pod)]));
    const onlyNames = [...clients, 'news-reader', 'nats', 'mongodb-user', 'grafana'].map((pod) => [pod, [DNS]]);
    expect(outside).toEqual({
      ...Object.fromEntries(onlyNames),
      'web-exporter': [...INTERNET, DNS].sort(),
      'x-exporter': [...INTERNET, DNS].sort(),
      'home-exporter': [...INTERNET, ...PRIVATE, DNS].sort(),
      certs: API_SERVER,
      operator: [...API_SERVER, DNS],
      prometheus: API_SERVER,
      mongodb: [],
      newsroom: [],
    });
  });

  it('leave private ranges out of the internet', () => {
    const policies: Loose[] = manifestsOf(EVERY_SOURCE).filter(({ metadata }) => metadata.name === 'internet');
    const [v4] = policies[0].spec.egress[0].to;
    expect(v4.ipBlock.except).toEqual(
      expect.arrayContaining([
        '10.0.0.0/8',
        '172.16.0.0/12',
        '192.168.0.0/16',
        '169.254.0.0/16',
        '127.0.0.0/8',
        '100.64.0.0/10',
      ]),
    );
  });

  it('show the page to whoever is let in by a port of the nodes, and else to nobody', () => {
    expect(network.exposed()).toEqual([]);
    expect(new Network(manifestsOf(ONE_SOURCE, { pageNodePort: 30_080 })).exposed()).toEqual(['news-monitor']);
  });

  it('show Prometheus and Grafana likewise', () => {
    const exposed = (settings: Partial<Settings>): string[] => new Network(manifestsOf(ONE_SOURCE, settings)).exposed();
    expect(exposed({ prometheusNodePort: 30_090 })).toEqual(['prometheus']);
    expect(exposed({ grafanaNodePort: 30_300 })).toEqual(['grafana']);
  });

  it('let a Prometheus that finds pods by names ask for those, and not the API server', () => {
    const own = new Network(manifestsOf(ONE_SOURCE, { discovery: 'dns' }));
    expect(own.outside('prometheus')).toEqual([DNS]);
  });

  it('let Prometheus out to an Alertmanager, wherever that is', () => {
    const own = new Network(manifestsOf(ONE_SOURCE, { alertmanager: 'alerts.example:9093' }));
    const everywhere = ['0.0.0.0/0:tcp9093', '::/0:tcp9093', 'any pod:tcp9093'];
    expect(own.outside('prometheus')).toEqual([...API_SERVER, DNS, ...everywhere].sort());
  });

  it.each([
    ['http://collector.observability:4318', ['observability:tcp4318']],
    ['http://collector.observability.svc:4318', ['observability:tcp4318']],
    ['http://collector.observability.svc.cluster.local:4318', ['observability:tcp4318']],
    ['http://collector:4318', ['newsjet:tcp4318']],
    ['https://10.1.2.3/otlp', ['10.1.2.3/32:tcp443']],
    ['http://[fd00::5]:4318', ['fd00::5/128:tcp4318']],
    ['https://otlp.vendor.example', ['0.0.0.0/0:tcp443', '::/0:tcp443']],
  ])(
    'let workers on the way of items out to the collector at %s, on its port, and none else',
    (otlpEndpoint, outside) => {
      const traced = new Network(manifestsOf(ONE_SOURCE, { otlpEndpoint }));
      const plain = new Network(manifestsOf(ONE_SOURCE));
      for (const pod of traced.pods.keys()) {
        const added = /^(a-exporter|a-consumer|news-creator)$/.test(pod) ? outside : [];
        expect(traced.outside(pod), pod).toEqual([...plain.outside(pod), ...added].sort());
      }
    },
  );

  it('let the Prometheus of an operator, in any namespace, read what workers tell, and nobody else', () => {
    const manifests: Loose[] = manifestsOf(ONE_SOURCE, { monitoring: 'prometheus-operator' });
    const peer = {
      namespaceSelector: {},
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
    };
    const admitting = manifests.filter(({ spec }) =>
      spec?.ingress?.some(({ from = [] }: Loose) => JSON.stringify(from) === JSON.stringify([peer])),
    );
    expect(admitting.map(({ metadata, spec }) => [metadata.name, spec.ingress[0].ports])).toEqual([
      ['metrics', [{ port: 8_080, protocol: 'TCP' }]],
    ]);
    expect(new Network(manifestsOf(ONE_SOURCE, { monitoring: 'none' })).pods.has('prometheus')).toBe(false);
  });

  it('let KEDA alone, where it scales, read the servers’ monitoring port', () => {
    const policy = (scaling: Settings['scaling']): Loose =>
      manifestsOf(ONE_SOURCE, { scaling }).find(
        ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === 'keda',
      );
    expect(policy('keda').spec).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'nats' } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'keda' } },
              podSelector: { matchLabels: { app: 'keda-operator' } },
            },
          ],
          ports: [{ port: 8222, protocol: 'TCP' }],
        },
      ],
    });
    expect([policy('operator'), policy('none')]).toEqual([undefined, undefined]);
  });

  it('let those who use it out to a database of somebody’s own', () => {
    const own = new Network(manifestsOf(ONE_SOURCE, { mongodbUriSecret: 'atlas', mongodbPort: 27_018 }));
    for (const worker of ['news-creator', 'news-reader']) {
      expect(own.outside(worker)).toEqual(['0.0.0.0/0:tcp27018', '::/0:tcp27018', DNS]);
    }
    expect(own.outside('a-consumer')).toEqual([DNS]);
    expect(own.connections().filter((connection) => connection.includes('27017'))).toEqual([]);
  });
});
