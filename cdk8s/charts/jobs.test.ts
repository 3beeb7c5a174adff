import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../settings.ts';
import { environmentOf, find, findJob, type Loose, ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { BootstrapChart } from './bootstrap.ts';
import { CertManagerChart } from './cert-manager.ts';
import { CertsChart } from './certs.ts';

const bootstrap = (definition: string): Loose[] =>
  Testing.synth(new BootstrapChart(Testing.app(), 'bootstrap', { ...propsOf(definition), definition }));
const certs = (definition: string, settings: Partial<Settings> = {}): Loose[] =>
  Testing.synth(new CertsChart(Testing.app(), 'certs', propsOf(definition, settings)));
const nameOf = (manifests: Loose[], name: string): string => findJob(manifests, name).metadata.name;
const plan = (manifests: Loose[]): Loose => JSON.parse(find(manifests, 'ConfigMap', 'certs-plan').data['secrets.json']);

describe('BootstrapChart', () => {
  it('keeps all that the manifests were made from, so that the operator can make them with more sources', () => {
    const data = find(bootstrap(ONE_SOURCE), 'ConfigMap', 'definition').data;
    const { settings, versions } = propsOf(ONE_SOURCE);
    expect(data).toEqual({ 'newsjet.yaml': ONE_SOURCE, 'settings.json': expect.any(String) });
    expect(JSON.parse(data['settings.json'])).toEqual({ settings, versions });
  });

  it('has a Job that reads the definition from a ConfigMap', () => {
    const manifests = bootstrap(ONE_SOURCE);
    expect(find(manifests, 'ConfigMap', 'definition').data['newsjet.yaml']).toBe(ONE_SOURCE);
    const { template } = findJob(manifests, 'bootstrap').spec;
    expect(environmentOf(template)).toMatchObject({
      WORKER: 'bootstrap',
      DEFINITION: '/etc/newsjet/definition/newsjet.yaml',
    });
    expect(template.spec.restartPolicy).toBe('OnFailure');
  });

  it.each([
    ['operator', 'keep'],
    ['keda', undefined],
    ['none', undefined],
  ] as const)('with scaling %s, what belongs to sources that it does not know: %s', (scaling, unknownSources) => {
    const props = { ...propsOf(ONE_SOURCE, { scaling }), definition: ONE_SOURCE };
    const manifests: Loose[] = Testing.synth(new BootstrapChart(Testing.app(), 'bootstrap', props));
    expect(environmentOf(findJob(manifests, 'bootstrap').spec.template).UNKNOWN_SOURCES).toBe(unknownSources);
  });

  it('is another Job for another topology, and the same one for the same', () => {
    const name = nameOf(bootstrap(ONE_SOURCE), 'bootstrap');
    expect(nameOf(bootstrap(`# a comment\n${ONE_SOURCE}`), 'bootstrap')).toBe(name);
    const feed = ONE_SOURCE.replace('/rss', '/atom');
    const batch = `${ONE_SOURCE}\nworkers: { a-consumer: { batch: 9 } }`;
    expect(new Set([feed, batch].map((definition) => nameOf(bootstrap(definition), 'bootstrap'))).add(name).size).toBe(
      3,
    );
  });

  it('is another Job for another image', () => {
    const props = { ...propsOf(ONE_SOURCE), definition: ONE_SOURCE };
    const versions = { ...props.versions, workers: { ...props.versions.workers, tag: '9.9.9' } };
    const other = Testing.synth(new BootstrapChart(Testing.app(), 'bootstrap', { ...props, versions }));
    expect(nameOf(other, 'bootstrap')).not.toBe(nameOf(bootstrap(ONE_SOURCE), 'bootstrap'));
  });
});

describe('CertsChart', () => {
  it('plans a certificate for the servers, the database and every identity', () => {
    const { authority, certificates, credentials } = plan(certs(ONE_SOURCE));
    expect(authority).toEqual({ secret: 'newsjet-ca', commonName: 'Newsjet CA' });
    const workers = ['a-exporter', 'a-consumer', 'news-creator', 'news-monitor', 'nats-monitor'];
    const identities = [...workers, 'bootstrap', 'operator', 'replay', 'system'];
    expect(certificates.map(({ secret, commonName }: Loose) => [secret, commonName])).toEqual([
      ['nats-server-tls', 'nats-server'],
      ['mongodb-tls', 'mongodb-server'],
      ...identities.map((name) => [`${name}-tls`, name]),
    ]);
    for (const { names, usages } of certificates.slice(2)) expect([names, usages]).toEqual([[], ['client auth']]);
    expect(certificates[1]).toMatchObject({ combinedPem: true, names: expect.arrayContaining(['mongodb']) });
    expect(credentials.map(({ secret, username }: Loose) => [secret, username])).toEqual([
      ['mongodb-root', 'root'],
      ['mongodb-app', 'newsjet'],
      ['mongodb-reader', 'newsjet-reader'],
      ['grafana-admin', 'admin'],
    ]);
    expect(credentials[3].uri).toBeUndefined();
    const uri = new URL(credentials[1].uri.replace('<password>', 'drawn'));
    expect([uri.username, uri.password, uri.host]).toEqual(['newsjet', 'drawn', 'mongodb:27017']);
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      authSource: 'newsjet',
      tls: 'true',
      tlsCAFile: '/etc/newsjet/tls/ca.crt',
    });
  });

  it('may create Secrets, and read those of its plan, and nothing else', () => {
    const manifests = certs(ONE_SOURCE);
    const { authority, certificates, credentials } = plan(manifests);
    expect(find(manifests, 'Role', 'certs').rules).toEqual([
      {
        apiGroups: [''],
        resources: ['secrets'],
        verbs: ['get'],
        resourceNames: [authority, ...certificates, ...credentials].map(({ secret }: Loose) => secret),
      },
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    ]);
    expect(find(manifests, 'RoleBinding', 'certs')).toMatchObject({
      roleRef: { kind: 'Role', name: 'certs' },
      subjects: [{ kind: 'ServiceAccount', name: 'certs', namespace: 'newsjet' }],
    });
  });

  it('runs again when there is another identity, and not for another feed', () => {
    const name = nameOf(certs(ONE_SOURCE), 'certs');
    expect(nameOf(certs(ONE_SOURCE.replace('/rss', '/atom')), 'certs')).toBe(name);
    expect(nameOf(certs(ONE_SOURCE.replace('{ a:', '{ b:')), 'certs')).not.toBe(name);
  });

  it('creates no database’s Secrets where the database is somebody’s own', () => {
    const { certificates, credentials } = plan(certs(ONE_SOURCE, { mongodbUriSecret: 'atlas' }));
    expect(certificates.map(({ secret }: Loose) => secret)).not.toContain('mongodb-tls');
    expect(credentials.map(({ secret }: Loose) => secret)).toEqual(['grafana-admin']);
  });

  it('draws no password for a Grafana that is not there', () => {
    const { credentials } = plan(certs(ONE_SOURCE, { monitoring: 'none' }));
    expect(credentials.map(({ secret }: Loose) => secret)).toEqual(['mongodb-root', 'mongodb-app', 'mongodb-reader']);
  });

  it('leaves certificates to cert-manager where that issues them', () => {
    const { authority, certificates, credentials } = plan(certs(ONE_SOURCE, { certificates: 'cert-manager' }));
    expect([authority, certificates, credentials.length]).toEqual([undefined, [], 4]);
  });
});

describe('CertManagerChart', () => {
  const manifests: Loose[] = Testing.synth(new CertManagerChart(Testing.app(), 'certs', propsOf(ONE_SOURCE)));

  it('issues what the Job would, by an authority that signs itself', () => {
    expect(find(manifests, 'Issuer', 'newsjet-self-signed').spec).toEqual({ selfSigned: {} });
    expect(find(manifests, 'Issuer', 'newsjet-ca').spec).toEqual({ ca: { secretName: 'newsjet-ca' } });
    expect(find(manifests, 'Certificate', 'newsjet-ca').spec).toMatchObject({ isCA: true, secretName: 'newsjet-ca' });
    const secrets = manifests.filter(({ kind }) => kind === 'Certificate').map(({ spec }) => spec.secretName);
    expect(secrets.sort()).toEqual(
      ['newsjet-ca', ...plan(certs(ONE_SOURCE)).certificates.map(({ secret }: Loose) => secret)].sort(),
    );
  });

  it('gives a client a subject and no other name', () => {
    const { spec } = find(manifests, 'Certificate', 'news-creator-tls');
    expect(spec).toMatchObject({ commonName: 'news-creator', usages: ['digital signature', 'client auth'] });
    expect([spec.dnsNames, spec.ipAddresses]).toEqual([undefined, undefined]);
  });

  it('tells addresses from names, and gives the database one file', () => {
    const { spec } = find(manifests, 'Certificate', 'nats-server-tls');
    expect(spec.ipAddresses).toEqual(['127.0.0.1', '::1']);
    expect(spec.dnsNames).toContain('*.nats-headless.newsjet.svc.cluster.local');
    expect(find(manifests, 'Certificate', 'mongodb-tls').spec.additionalOutputFormats).toEqual([
      { type: 'CombinedPEM' },
    ]);
  });
});
