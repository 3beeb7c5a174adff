import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../settings.ts';
import { EVERY_SOURCE, environmentOf, find, type Loose, ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { WorkersChart } from './workers.ts';

const synth = (definition: string, settings: Partial<Settings> = {}): Loose[] =>
  Testing.synth(new WorkersChart(Testing.app(), 'workers', propsOf(definition, settings)));
const deployment = (manifests: Loose[], name: string): Loose => find(manifests, 'Deployment', name).spec;
const secretsOf = ({ template }: Loose): string[] =>
  template.spec.volumes.map(({ secret }: Loose) => secret.secretName);

describe('WorkersChart', () => {
  it('deploys each worker of the topology with the image of its role', () => {
    const { topology } = propsOf(EVERY_SOURCE);
    const deployments = synth(EVERY_SOURCE).filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual(topology.workers.map(({ name }) => name));
    expect(deployments.map(({ spec }) => spec.template.spec.containers[0].image)).toEqual(
      topology.workers.map(({ role }) => `newsjet/${role}:0.1.0`),
    );
  });

  it('tells a worker what the topology tells it, who it is and where the servers are', () => {
    const props = propsOf(ONE_SOURCE);
    for (const worker of props.topology.workers.filter(({ connects }) => connects)) {
      const spec = deployment(synth(ONE_SOURCE), worker.name);
      expect(environmentOf(spec.template)).toMatchObject({
        ...worker.environment,
        WORKER: worker.name,
        NATS_URL: 'tls://nats:4222',
        NATS_CA: '/etc/newsjet/tls/ca.crt',
        NATS_CERT: '/etc/newsjet/tls/tls.crt',
        NATS_KEY: '/etc/newsjet/tls/tls.key',
        HTTP_HOST: '0.0.0.0',
        HTTP_PORT: '8080',
      });
      expect(secretsOf(spec)[0]).toBe(`${worker.name}-tls`);
    }
  });

  it('tells workers on the way of items where traces are collected, and none where nobody collects them', () => {
    const told = (settings: Partial<Settings>): string[] =>
      synth(EVERY_SOURCE, settings)
        .filter(
          ({ kind, spec }) => kind === 'Deployment' && 'OTEL_EXPORTER_OTLP_ENDPOINT' in environmentOf(spec.template),
        )
        .map(({ metadata }) => metadata.name);
    const otlpEndpoint = 'http://collector.observability:4318';
    const sources = ['web', 'home', 'paper', 'x', 'simulated'];
    expect(told({ otlpEndpoint }).sort()).toEqual(
      [...sources.flatMap((source) => [`${source}-exporter`, `${source}-consumer`]), 'news-creator'].sort(),
    );
    expect(told({})).toEqual([]);
    const { template } = deployment(synth(ONE_SOURCE, { otlpEndpoint }), 'news-creator');
    expect(environmentOf(template)).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint });
  });

  it('leaves replicas out where lag decides, and says them where it does not', () => {
    const manifests = synth(`${EVERY_SOURCE}\nworkers: { web-consumer: { replicas: { min: 2, max: 2 } } }`);
    const replicas = (name: string): unknown => deployment(manifests, name).replicas;
    expect(['web-exporter', 'paper-consumer', 'news-creator'].map(replicas)).toEqual([undefined, undefined, undefined]);
    expect(['web-consumer', 'x-exporter', 'news-monitor'].map(replicas)).toEqual([2, 1, 1]);
  });

  it('leaves replicas out for KEDA as well, and says the fewest where nobody scales', () => {
    const definition = `${ONE_SOURCE}\nworkers: { a-consumer: { replicas: { min: 3 } } }`;
    const replicas = (scaling: Settings['scaling']): unknown =>
      deployment(synth(definition, { scaling }), 'a-consumer').replicas;
    expect([replicas('keda'), replicas('none')]).toEqual([undefined, 3]);
  });

  it('gives every worker 30 s to end, and spreads its pods', () => {
    const { spec } = deployment(synth(ONE_SOURCE), 'news-creator').template;
    expect(spec.terminationGracePeriodSeconds).toBe(30);
    expect(spec.topologySpreadConstraints).toEqual([
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { 'app.kubernetes.io/name': 'news-creator' } },
      },
    ]);
  });

  it('ends a worker that is not well, and waits for one that is not ready', () => {
    const [container] = deployment(synth(ONE_SOURCE), 'news-creator').template.spec.containers;
    const path = (probe: string): unknown => container[probe].httpGet.path;
    expect(['startupProbe', 'livenessProbe', 'readinessProbe'].map(path)).toEqual(['/healthz', '/healthz', '/readyz']);
  });

  it('gives the address of the database to who writes it and who reads it, each as a user of its own', () => {
    const withDatabase = (settings: Partial<Settings>): string[][] =>
      synth(ONE_SOURCE, settings)
        .filter(({ kind, spec }) => kind === 'Deployment' && 'MONGODB_URI_FILE' in environmentOf(spec.template))
        .map(({ metadata, spec }) => [metadata.name, ...secretsOf(spec)]);
    expect(withDatabase({})).toEqual([
      ['news-creator', 'news-creator-tls', 'mongodb-app'],
      ['news-reader', 'mongodb-tls', 'mongodb-reader'],
    ]);
    expect(withDatabase({ mongodbUriSecret: 'atlas' })).toEqual([
      ['news-creator', 'news-creator-tls', 'atlas'],
      ['news-reader', 'atlas'],
    ]);
    expect(withDatabase({ mongodbUriSecret: 'atlas', mongodbReaderUriSecret: 'atlas-reader' })[1]).toEqual([
      'news-reader',
      'atlas-reader',
    ]);
  });

  it('gives news-reader no identity, and of the database’s certificate the authority alone', () => {
    const { template } = deployment(synth(ONE_SOURCE), 'news-reader');
    expect(Object.keys(environmentOf(template)).filter((name) => name.startsWith('NATS_'))).toEqual([]);
    const items = template.spec.volumes.map(({ secret }: Loose) => secret.items.map(({ key }: Loose) => key));
    expect(items).toEqual([['ca.crt'], ['uri']]);
  });

  it('tells news-reader, and it alone, the address that the world knows, if one is given', () => {
    const told = (settings: Partial<Settings>): string[][] =>
      synth(ONE_SOURCE, settings)
        .filter(({ kind, spec }) => kind === 'Deployment' && 'PUBLIC_URL' in environmentOf(spec.template))
        .map(({ metadata, spec }) => [metadata.name, environmentOf(spec.template).PUBLIC_URL ?? '']);
    expect(told({})).toEqual([]);
    expect(told({ publicUrl: 'https://news.example' })).toEqual([['news-reader', 'https://news.example']]);
  });

  it('tells the page’s worker where stored news are, by a Service', () => {
    const manifests = synth(ONE_SOURCE);
    expect(environmentOf(deployment(manifests, 'news-monitor').template).READER_URL).toBe('http://news-reader');
    expect(find(manifests, 'Service', 'news-reader').spec).toEqual({
      selector: { 'app.kubernetes.io/name': 'news-reader' },
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    });
  });

  it('gives the newsroom’s address to those that it feeds, and the token for X to those that ask X', () => {
    const manifests = synth(EVERY_SOURCE);
    const environment = (name: string): Record<string, string> => environmentOf(deployment(manifests, name).template);
    expect(environment('paper-exporter').NEWSROOM_URL).toBe('http://newsroom:8700');
    expect(environment('web-exporter').NEWSROOM_URL).toBeUndefined();
    expect(environment('simulated-exporter')).toMatchObject({
      X_API_URL: 'http://newsroom:8700',
      X_BEARER_TOKEN: 'newsroom',
    });
    expect(environment('x-exporter')).toMatchObject({
      X_API_URL: 'https://api.x.com',
      X_BEARER_TOKEN_FILE: '/etc/newsjet/x/token',
    });
    expect(environment('x-exporter').X_BEARER_TOKEN).toBeUndefined();
    expect(secretsOf(deployment(manifests, 'x-exporter'))).toEqual(['x-exporter-tls', 'x-token']);
  });

  it('shows the page by a Service, on a port of the nodes where one is named', () => {
    const page = (settings: Partial<Settings>): Loose =>
      find(synth(ONE_SOURCE, settings), 'Service', 'news-monitor').spec;
    const port = { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' };
    expect(page({})).toEqual({ selector: { 'app.kubernetes.io/name': 'news-monitor' }, ports: [port] });
    expect(page({ pageNodePort: 30_080 })).toMatchObject({ type: 'NodePort', ports: [{ ...port, nodePort: 30_080 }] });
  });
});
