import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { environmentOf, find, findJob, type Loose, ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { MongodbChart } from './mongodb.ts';
import { NamespaceChart } from './namespace.ts';
import { NewsroomChart } from './newsroom.ts';

describe('NamespaceChart', () => {
  it('admits restricted pods alone', () => {
    const [namespace] = Testing.synth(new NamespaceChart(Testing.app(), 'namespace', propsOf(ONE_SOURCE)));
    expect(namespace.metadata).toEqual({
      name: 'newsjet',
      labels: {
        'app.kubernetes.io/part-of': 'newsjet',
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/audit': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    });
  });
});

describe('MongodbChart', () => {
  const manifests: Loose[] = Testing.synth(new MongodbChart(Testing.app(), 'mongodb', propsOf(ONE_SOURCE)));
  const { spec } = find(manifests, 'StatefulSet', 'mongodb');
  const [container] = spec.template.spec.containers;
  const items = (template: Loose): Loose =>
    Object.fromEntries(
      template.spec.volumes
        .filter(({ secret }: Loose) => secret)
        .map(({ secret }: Loose) => [secret.secretName, secret.items.map(({ key }: Loose) => key)]),
    );

  it('takes connections with TLS from those that log in', () => {
    expect(container.command).toBeUndefined();
    expect(container.args).toEqual([
      ...['mongod', '--bind_ip_all', '--auth', '--wiredTigerCacheSizeGB', '0.25'],
      ...['--tlsMode', 'requireTLS', '--tlsAllowConnectionsWithoutCertificates'],
      ...['--tlsCertificateKeyFile', '/etc/newsjet/tls/tls-combined.pem', '--tlsCAFile', '/etc/newsjet/tls/ca.crt'],
    ]);
    expect(environmentOf(spec.template)).toEqual({
      MONGO_INITDB_ROOT_USERNAME_FILE: '/etc/newsjet/root/username',
      MONGO_INITDB_ROOT_PASSWORD_FILE: '/etc/newsjet/root/password',
    });
    expect(spec.template.spec.securityContext).toMatchObject({ runAsUser: 999, fsGroup: 999 });
  });

  it('keeps its data in a claim, complete as the API server would make it', () => {
    expect(container.volumeMounts).toContainEqual({ name: 'data', mountPath: '/data/db' });
    expect(spec.volumeClaimTemplates).toEqual([
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage: '10Gi' } },
          volumeMode: 'Filesystem',
        },
        status: { phase: 'Pending' },
      },
    ]);
  });

  it('is probed without a shell', () => {
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      expect(probe.tcpSocket).toEqual({ port: 'mongodb' });
      expect(probe.exec).toBeUndefined();
    }
  });

  it('has a Job create the application’s users, which sees no key of the server', () => {
    const { template } = findJob(manifests, 'mongodb-user').spec;
    expect(items(template)).toEqual({
      'mongodb-tls': ['ca.crt'],
      'mongodb-root': ['uri'],
      'mongodb-app': ['username', 'password'],
      'mongodb-reader': ['username', 'password'],
    });
    expect(items(spec.template)).toEqual({
      'mongodb-tls': ['ca.crt', 'tls-combined.pem'],
      'mongodb-root': ['username', 'password'],
    });
  });
});

describe('NewsroomChart', () => {
  it('serves under the address that exporters are told', () => {
    const manifests: Loose[] = Testing.synth(new NewsroomChart(Testing.app(), 'newsroom', propsOf(ONE_SOURCE)));
    const { spec } = find(manifests, 'Deployment', 'newsroom');
    expect(environmentOf(spec.template)).toEqual({
      HOST: '0.0.0.0',
      PORT: '8700',
      NEWSROOM_PUBLIC_URL: 'http://newsroom:8700',
      NEWSROOM_X_TOKEN: 'newsroom',
    });
    expect(find(manifests, 'Service', 'newsroom').spec.ports).toEqual([
      { name: 'http', port: 8_700, targetPort: 'http', protocol: 'TCP' },
    ]);
  });
});
