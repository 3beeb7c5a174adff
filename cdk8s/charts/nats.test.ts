import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueAuthority, issueServerCertificate } from '../../certs/authority.ts';
import { findNatsServer } from '../../local/nats-server.ts';
import { CACHE_DIRECTORY } from '../../test/support/paths.ts';
import { secretPlan } from '../secret-plan.ts';
import type { Settings } from '../settings.ts';
import { committedDefinition, EVERY_SOURCE, find, type Loose, ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { NatsChart } from './nats.ts';

const synth = (definition: string, settings: Partial<Settings> = {}): Loose[] =>
  Testing.synth(new NatsChart(Testing.app(), 'nats', propsOf(definition, settings)));
const statefulSet = (manifests: Loose[]): Loose => find(manifests, 'StatefulSet', 'nats').spec;
const configuration = (manifests: Loose[]): string => find(manifests, 'ConfigMap', 'nats-config').data['nats.conf'];

describe('NatsChart', () => {
  it('makes as many servers as the definition says, which start together', () => {
    expect(statefulSet(synth(ONE_SOURCE))).toMatchObject({ replicas: 3, podManagementPolicy: 'Parallel' });
    expect(statefulSet(synth(`nats: { servers: 5 }\n${ONE_SOURCE}`)).replicas).toBe(5);
  });

  it('spreads them over nodes and lets one at a time be taken away', () => {
    const manifests = synth(ONE_SOURCE);
    const selector = { matchLabels: { 'app.kubernetes.io/name': 'nats' } };
    expect(find(manifests, 'PodDisruptionBudget', 'nats').spec).toEqual({ maxUnavailable: 1, selector });
    expect(statefulSet(manifests).template.spec.topologySpreadConstraints).toEqual([
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'DoNotSchedule',
        nodeTaintsPolicy: 'Honor',
        labelSelector: selector,
      },
    ]);
  });

  it('asks each of the health endpoints what it knows', () => {
    const [container] = statefulSet(synth(ONE_SOURCE)).template.spec.containers;
    expect(container.startupProbe.httpGet).toEqual({ path: '/healthz', port: 'monitor' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/healthz?js-server-only=true', port: 'monitor' });
    expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz?js-enabled-only=true', port: 'monitor' });
  });

  it('goes lame duck before it ends, and has the time for it', () => {
    const manifests = synth(ONE_SOURCE);
    const { spec } = statefulSet(manifests).template;
    const [container] = spec.containers;
    const pidFile = /^pid_file: "(.*)"$/m.exec(configuration(manifests))?.[1];
    expect(container.lifecycle.preStop.exec.command).toEqual(['nats-server', '--signal', `ldm=${pidFile}`]);
    const seconds = (key: string): number =>
      Number(new RegExp(`^${key}: "(\\d+)s"$`, 'm').exec(configuration(manifests))?.[1]);
    const lameDuckSeconds = seconds('lame_duck_duration') + seconds('lame_duck_grace_period');
    expect(lameDuckSeconds).toBe(35);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(lameDuckSeconds + 10);
  });

  it('has complete claim templates, with room for every stream', () => {
    const template = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } }, volumeMode: 'Filesystem' },
      status: { phase: 'Pending' },
    };
    expect(statefulSet(synth(ONE_SOURCE)).volumeClaimTemplates).toEqual([template]);
    const [fast] = statefulSet(synth(ONE_SOURCE, { storageClass: 'fast' })).volumeClaimTemplates;
    expect(fast.spec).toEqual({ ...template.spec, storageClassName: 'fast' });
    // One more bucket must not change what can't be changed.
    const limit = Number(/max_file_store: (\d+)/.exec(configuration(synth(EVERY_SOURCE)))?.[1]);
    expect(limit).toBeGreaterThan(Number(/max_file_store: (\d+)/.exec(configuration(synth(ONE_SOURCE)))?.[1]));
    expect(limit).toBeLessThan(10 * 1024 ** 3);
    expect(statefulSet(synth(EVERY_SOURCE)).volumeClaimTemplates).toEqual([template]);
  });

  it('rolls its pods when the configuration changes, and only then', () => {
    const template = (definition: string): Loose => statefulSet(synth(definition)).template;
    const more = ONE_SOURCE.replace('a.example/rss', 'a.example/rss, https://b.example/rss');
    expect(template(more)).toEqual(template(ONE_SOURCE));
    const other = template(ONE_SOURCE.replace('{ a:', '{ b:'));
    const annotation = 'checksum/config';
    expect(other.metadata.annotations[annotation]).not.toBe(template(ONE_SOURCE).metadata.annotations[annotation]);
    expect(other.spec).toEqual(template(ONE_SOURCE).spec);
  });

  it('has a Service for clients, and one that knows servers before they are ready', () => {
    const manifests = synth(ONE_SOURCE);
    const headless = find(manifests, 'Service', 'nats-headless').spec;
    expect(headless).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(headless.ports.map(({ port }: Loose) => port)).toEqual([4222, 6222]);
    const client = find(manifests, 'Service', 'nats').spec;
    expect(client.ports.map(({ port }: Loose) => port)).toEqual([4222]);
    expect(client.publishNotReadyAddresses).toBeUndefined();
  });

  it('has no routes when a server is alone', () => {
    const manifests = synth(`nats: { servers: 1 }\n${ONE_SOURCE}`);
    expect(configuration(manifests)).not.toContain('cluster:');
    const ports = statefulSet(manifests).template.spec.containers[0].ports;
    expect(ports.map(({ name }: Loose) => name)).toEqual(['client', 'monitor']);
  });

  it('dials routes by names that the planned certificate bears', () => {
    const props = propsOf(ONE_SOURCE);
    const { names } = secretPlan(props).certificates.find(({ secret }) => secret === 'nats-server-tls') ?? {
      names: [],
    };
    const routes = [...configuration(synth(ONE_SOURCE)).matchAll(/nats-route:\/\/([^:]+):6222/g)].map(
      ([, host]) => host,
    );
    expect(routes).toEqual(['nats-0.nats-headless', 'nats-1.nats-headless', 'nats-2.nats-headless']);
    expect(names).toEqual(expect.arrayContaining([...routes, 'nats', 'localhost']));
  });
});

describe('the real server', () => {
  let directory: string;
  let executable: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'newsjet-nats-chart-'));
    ({ path: executable } = await findNatsServer({ cacheDirectory: CACHE_DIRECTORY, progress: () => {} }));
    const authority = await issueAuthority();
    const server = await issueServerCertificate({ authority, names: ['localhost'] });
    await Promise.all([
      writeFile(join(directory, 'ca.crt'), authority.certificate),
      writeFile(join(directory, 'tls.crt'), server.certificate),
      writeFile(join(directory, 'tls.key'), server.privateKey),
    ]);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** What `nats-server -t` says of the ConfigMap, with the pod's directories moved to one of ours. */
  async function check(text: string): Promise<{ code: number; output: string }> {
    const file = join(directory, 'nats.conf');
    const moved = ['/etc/newsjet/tls', '/run/nats', '/data'].reduce(
      (conf, path) => conf.replaceAll(`"${path}`, `"${directory}`),
      text,
    );
    await writeFile(file, moved);
    const env = { PATH: process.env.PATH, POD_NAME: 'nats-0' };
    return new Promise((resolve) => {
      execFile(executable, ['-t', '-c', file], { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr }),
      );
    });
  }

  it.each([
    ['newsjet.yaml', committedDefinition('newsjet.yaml')],
    ['newsroom.yaml', committedDefinition('newsroom.yaml')],
    ['a server alone', `nats: { servers: 1 }\n${ONE_SOURCE}`],
  ])('accepts the ConfigMap of %s', async (_, definition) => {
    const { code, output } = await check(configuration(synth(definition)));
    expect(code, output).toBe(0);
    expect(output).toMatch(/configuration file .* is valid/);
  });

  it('would refuse one that is wrong', async () => {
    const { code, output } = await check(configuration(synth(ONE_SOURCE)).replace('verify_and_map', 'verify_and_nap'));
    expect(code, output).toBe(1);
  });
});
