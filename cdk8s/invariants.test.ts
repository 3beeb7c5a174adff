import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { credentialsKeys } from '../certs/secrets.ts';
import { OPERATOR } from '../workers/contract/roles.ts';
import type { PlannedCredentials } from '../workers/contract/secret-plan.ts';
import { validateSpec } from '../workers/operator/scaling/validation.ts';
import { NEWSROOM_X_TOKEN, PROMETHEUS } from './names.ts';
import { secretPlan, X_TOKEN_SECRET } from './secret-plan.ts';
import type { Settings } from './settings.ts';
import type { Manifest } from './synthesis.ts';
import {
  committedDefinition,
  EVERY_SOURCE,
  environmentOf,
  type Loose,
  manifestsOf,
  ONE_SOURCE,
  propsOf,
  workloadsOf,
} from './testing/manifests.ts';
import { VERSIONS } from './versions.ts';

/** What the operator makes for NewsSources. */
const OF_NEWS_SOURCES: readonly string[] = [
  ...['newssources', 'workerscalers', 'deployments', 'deployments/scale', 'networkpolicies', 'secrets', 'certificates'],
];

const VARIANTS: readonly (readonly [name: string, definition: string, settings: Partial<Settings>])[] = [
  ['newsjet.yaml', committedDefinition('newsjet.yaml'), {}],
  [
    'newsroom.yaml with its pages on the nodes',
    committedDefinition('newsroom.yaml'),
    { pageNodePort: 30_080, prometheusNodePort: 30_090, grafanaNodePort: 30_300 },
  ],
  ['sources of every kind', EVERY_SOURCE, { storageClass: 'fast' }],
  ['one server in another namespace', `nats: { servers: 1 }\n${ONE_SOURCE}`, { namespace: 'other' }],
  ['cert-manager', ONE_SOURCE, { certificates: 'cert-manager' }],
  ['a database of somebody’s own', ONE_SOURCE, { mongodbUriSecret: 'atlas' }],
  ['KEDA', EVERY_SOURCE, { scaling: 'keda' }],
  ['workers that nobody scales', EVERY_SOURCE, { scaling: 'none' }],
  ['neither authority nor database', ONE_SOURCE, { certificates: 'cert-manager', mongodbUriSecret: 'atlas' }],
  ['the Prometheus operator', EVERY_SOURCE, { monitoring: 'prometheus-operator' }],
  ['pods that are found by name', EVERY_SOURCE, { discovery: 'dns' }],
  ['an Alertmanager', ONE_SOURCE, { alertmanager: 'alerts.example:9093' }],
  ['nobody who measures', ONE_SOURCE, { monitoring: 'none', certificates: 'cert-manager', mongodbUriSecret: 'atlas' }],
];
/** Secrets that people make. */
const FROM_PEOPLE = ['atlas', X_TOKEN_SECRET];
/** Folders of workers whose image the manifests name before its code is there. */
const WORKER_IMAGE = new RegExp(
  `^${VERSIONS.workers.repository}/[a-z-]+:${VERSIONS.workers.tag.replaceAll('.', '\\.')}$`,
);

describe.each(VARIANTS)('the manifests of %s', (_, definition, settings) => {
  const manifests: Loose[] = manifestsOf(definition, settings);
  const workloads = workloadsOf(manifests);
  const ofKind = (kind: string): Loose[] => manifests.filter((manifest) => manifest.kind === kind);
  const namesOf = (kind: string): string[] => ofKind(kind).map(({ metadata }) => metadata.name);
  const containers: Loose[] = workloads.flatMap(({ template }) => template.spec.containers);
  const plan = secretPlan(propsOf(definition, settings));

  it('have workloads to speak of', () => {
    expect(workloads.length).toBeGreaterThan(4);
    expect(containers).toHaveLength(workloads.length);
  });

  it('have names that Kubernetes takes, each once, all in one namespace', () => {
    const { namespace = 'newsjet' } = settings;
    const identities = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(identities).size).toBe(identities.length);
    for (const { kind, metadata } of manifests) {
      expect(metadata.name, kind).toMatch(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
      expect(kind === 'Namespace' ? metadata.name : metadata.namespace).toBe(namespace);
    }
    const labels = [
      ...manifests.map(({ metadata }) => metadata),
      ...workloads.map(({ template }) => template.metadata),
    ];
    for (const value of labels.flatMap((metadata) => Object.values(metadata.labels ?? {}))) {
      expect(value).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
    }
  });

  it('select pods: each workload its own and no other’s', () => {
    for (const { manifest } of workloads) {
      const { selector } = manifest.spec as Loose;
      if (ends(manifest)) expect(selector).toBeUndefined();
      else expect(selected(workloads, selector), manifest.metadata.name).toEqual([manifest.metadata.name]);
    }
    for (const { metadata, spec } of ofKind('Service')) {
      expect(selected(workloads, { matchLabels: spec.selector }), metadata.name).toHaveLength(1);
    }
    for (const { metadata, spec } of ofKind('PodDisruptionBudget')) {
      expect(selected(workloads, spec.selector), metadata.name).toHaveLength(1);
    }
    for (const { template } of workloads) {
      for (const { labelSelector } of template.spec.topologySpreadConstraints ?? []) {
        expect(matches(template, labelSelector)).toBe(true);
      }
    }
  });

  it('have Services for ports that there are', () => {
    for (const { metadata, spec } of ofKind('Service')) {
      const workload = workloads.find(({ template }) => matches(template, { matchLabels: spec.selector }));
      const names = workload?.template.spec.containers[0].ports.map(({ name }: Loose) => name);
      for (const { targetPort } of spec.ports) expect(names, metadata.name).toContain(targetPort);
    }
    for (const { spec } of ofKind('StatefulSet')) expect(namesOf('Service')).toContain(spec.serviceName);
  });

  it('probe ports that there are, in everything that stays', () => {
    for (const { manifest, template } of workloads) {
      const [container] = template.spec.containers;
      for (const kind of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
        const probe = container[kind];
        expect(probe !== undefined, `${manifest.metadata.name} ${kind}`).toBe(!ends(manifest));
        if (!probe) continue;
        const { port } = probe.httpGet ?? probe.tcpSocket;
        expect(container.ports.map(({ name }: Loose) => name)).toContain(port);
      }
    }
  });

  it('take every image from versions.json', () => {
    const known = Object.values(VERSIONS.images);
    for (const { image } of containers) expect(known.includes(image) || WORKER_IMAGE.test(image), image).toBe(true);
  });

  it('restrict every container', () => {
    for (const { manifest, template } of workloads) {
      const { securityContext, initContainers, hostNetwork, hostPID, hostIPC } = template.spec;
      expect([initContainers, hostNetwork, hostPID, hostIPC]).toEqual([undefined, undefined, undefined, undefined]);
      expect(securityContext, manifest.metadata.name).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(securityContext.runAsUser).toBeGreaterThan(0);
      expect(securityContext.fsGroup).toBe(securityContext.runAsGroup);
      for (const container of template.spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          privileged: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
        });
        for (const amounts of [container.resources.requests, container.resources.limits]) {
          expect(Object.keys(amounts ?? {}).sort()).toEqual(['cpu', 'memory']);
        }
      }
      for (const volume of template.spec.volumes ?? []) {
        expect(Object.keys(volume).filter((key) => key !== 'name')).toEqual([
          expect.stringMatching(/^(configMap|secret|emptyDir)$/),
        ]);
      }
    }
  });

  it('give a service account’s token to the certs Job, the operator and Prometheus alone', () => {
    const accounts = namesOf('ServiceAccount');
    const holders = ['certs', OPERATOR, ...(settings.discovery === 'dns' ? [] : [PROMETHEUS])];
    const given: string[] = [];
    for (const { manifest, template } of workloads) {
      const { automountServiceAccountToken, serviceAccountName } = template.spec;
      const own = holders.find((name) => template.metadata.labels['app.kubernetes.io/name'] === name);
      expect(automountServiceAccountToken, manifest.metadata.name).toBe(own !== undefined);
      expect(serviceAccountName).toBe(own);
      given.push(...(own ? [own] : []));
    }
    expect(accounts.sort()).toEqual(given.sort());
    for (const { automountServiceAccountToken } of ofKind('ServiceAccount')) {
      expect(automountServiceAccountToken).toBe(false);
    }
  });

  it('let accounts do what is named in their namespace, and nothing with a wildcard', () => {
    expect(manifests.filter(({ kind }) => kind.startsWith('ClusterRole'))).toEqual([]);
    for (const { metadata, rules } of ofKind('Role')) {
      for (const rule of rules) {
        expect([...rule.apiGroups, ...rule.resources, ...rule.verbs]).not.toContain('*');
        // What is only ever written must be named, but for what does not exist yet, Events and statuses.
        const named = rule.verbs.some((verb: string) => ['update', 'delete', 'patch'].includes(verb));
        const many = /^events$|\/status$/.test(rule.resources.join());
        // The objects of NewsSources have names that nobody knows yet.
        if (metadata.name === OPERATOR && OF_NEWS_SOURCES.includes(rule.resources.join())) continue;
        if (named && !many) expect(rule.resourceNames?.length, JSON.stringify(rule)).toBeGreaterThan(0);
      }
    }
    for (const { metadata, roleRef, subjects } of ofKind('RoleBinding')) {
      expect(namesOf('Role'), metadata.name).toContain(roleRef.name);
      for (const { name } of subjects) expect(namesOf('ServiceAccount')).toContain(name);
    }
  });

  it('have one scaler for each worker that follows its lag, on a Deployment that says no replicas', () => {
    const { workers } = propsOf(definition, settings).topology;
    const scaled = workers.filter(({ scaling }) => scaling).map(({ name }) => name);
    const { scaling = 'operator' } = settings;
    const targets = [
      ...ofKind('WorkerScaler').map(({ spec }) => spec.target.name),
      ...ofKind('ScaledObject').map(({ spec }) => spec.scaleTargetRef.name),
    ];
    expect(targets).toEqual(scaling === 'none' ? [] : scaled);
    for (const { metadata, spec } of ofKind('Deployment'))
      expect(spec.replicas === undefined, metadata.name).toBe(targets.includes(metadata.name));
    for (const { spec } of ofKind('WorkerScaler')) expect(validateSpec(spec)).toEqual([]);
  });

  it('mount volumes that there are, each of them somewhere of its own', () => {
    for (const { manifest, template } of workloads) {
      const {
        volumes = [],
        containers: [container],
      } = template.spec;
      const claims = ((manifest.spec as Loose).volumeClaimTemplates ?? []).map(({ metadata }: Loose) => metadata.name);
      const names = [...volumes.map(({ name }: Loose) => name), ...claims];
      const mounts: Loose[] = container.volumeMounts ?? [];
      expect(mounts.map(({ name }) => name).sort(), manifest.metadata.name).toEqual(names.sort());
      expect(new Set(mounts.map(({ mountPath }) => mountPath)).size).toBe(mounts.length);
    }
  });

  it('mount Secrets and ConfigMaps that somebody creates, with the keys that they have', () => {
    const { certificates } = plan;
    const planned = [...certificates, ...plan.credentials].map(({ secret }) => secret);
    const issued = ofKind('Certificate').map(({ spec }) => spec.secretName);
    const byJob: Loose = JSON.parse(
      ofKind('ConfigMap').find(({ metadata }) => metadata.name === 'certs-plan')?.data['secrets.json'] ??
        '{"certificates":[],"credentials":[]}',
    );
    const created = [...issued, ...[...byJob.certificates, ...byJob.credentials].map(({ secret }: Loose) => secret)];
    expect(created).toEqual(expect.arrayContaining(planned));
    for (const volume of workloads.flatMap(({ template }) => template.spec.volumes ?? [])) {
      if (volume.configMap) expect(namesOf('ConfigMap')).toContain(volume.configMap.name);
      if (!volume.secret) continue;
      const { secretName, items = [], optional } = volume.secret;
      expect([...created, ...FROM_PEOPLE]).toContain(secretName);
      expect(optional).toBe(secretName === X_TOKEN_SECRET ? true : undefined);
      if (FROM_PEOPLE.includes(secretName)) continue;
      const certificate = certificates.find(({ secret }) => secret === secretName);
      const keys = certificate
        ? ['ca.crt', 'tls.crt', 'tls.key', ...(certificate.combinedPem ? ['tls-combined.pem'] : [])]
        : credentialsKeys(plan.credentials.find(({ secret }) => secret === secretName) as PlannedCredentials);
      expect(keys).toEqual(expect.arrayContaining(items.map(({ key }: Loose) => key)));
    }
  });

  it('let nobody but their issuer have the key of the authority', () => {
    const mounted = workloads.flatMap(({ template }) =>
      (template.spec.volumes ?? []).map(({ secret }: Loose) => secret?.secretName),
    );
    expect(mounted).not.toContain(plan.authority.secret);
  });

  it('name files that a mount brings', () => {
    for (const { manifest, template } of workloads) {
      const paths = (template.spec.containers[0].volumeMounts ?? []).map(({ mountPath }: Loose) => mountPath);
      const files = Object.values(environmentOf(template)).filter((value) => value.startsWith('/etc/'));
      for (const file of files) {
        expect(
          paths.some((path: string) => file.startsWith(`${path}/`)),
          `${manifest.metadata.name}: ${file}`,
        ).toBe(true);
      }
    }
  });

  it('hold no secret value', () => {
    expect(namesOf('Secret')).toEqual([]);
    for (const { manifest, template } of workloads) {
      for (const [name, value] of Object.entries(environmentOf(template))) {
        if (!/TOKEN|PASSWORD|SECRET|(^|_)URI(_|$)|CREDENTIAL/.test(name) || name.endsWith('_FILE')) continue;
        expect(value, `${manifest.metadata.name} ${name}`).toBe(NEWSROOM_X_TOKEN);
      }
    }
    const text = JSON.stringify(manifests);
    expect(text).not.toMatch(/PRIVATE KEY/);
    // Addresses with a password in them, but for the place where one is put.
    expect(text.match(/[a-z]:\/\/[^:/\s"]+:(?!<password>@)[^@/\s"]+@/g)).toBeNull();
  });

  it('have network policies about pods and ports that there are', () => {
    for (const { metadata, spec } of ofKind('NetworkPolicy')) {
      expect(selected(workloads, spec.podSelector), metadata.name).not.toEqual([]);
      for (const expression of spec.podSelector.matchExpressions ?? []) {
        for (const value of expression.values) {
          expect(selected(workloads, { matchLabels: { [expression.key]: value } }), metadata.name).toHaveLength(1);
        }
      }
      const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
      const inside = rules.filter(({ from = [], to = [] }) =>
        [...from, ...to].some((peer) => peer.podSelector && !peer.namespaceSelector),
      );
      for (const { from = [], to = [], ports } of inside) {
        for (const { podSelector } of [...from, ...to])
          expect(selected(workloads, podSelector), metadata.name).not.toEqual([]);
        const targets = to.length > 0 ? to.map(({ podSelector }: Loose) => podSelector) : [spec.podSelector];
        const open = workloads
          .filter(({ template }) => targets.some((selector: Loose) => matches(template, selector)))
          .flatMap(({ template }) =>
            template.spec.containers[0].ports.map(({ containerPort }: Loose) => containerPort),
          );
        for (const { port } of ports) expect(open, metadata.name).toContain(port);
      }
      for (const { ipBlock } of rules.flatMap(({ to = [] }) => to).filter((peer) => peer.ipBlock)) {
        for (const block of [ipBlock.cidr, ...(ipBlock.except ?? [])])
          expect(isIP(block.split('/')[0]), block).not.toBe(0);
      }
    }
  });

  it('have nothing that the API server would drop, so that applying them again changes nothing', () => {
    const walk = (value: unknown, path: string): string[] => {
      if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return [path];
      // Members of lists are kept, such as the core group's name, which is empty.
      if (Array.isArray(value)) return value.flatMap((inner, i) => (inner === '' ? [] : walk(inner, `${path}.${i}`)));
      if (typeof value !== 'object') return [];
      return Object.entries(value as object).flatMap(([key, inner]) => walk(inner, `${path}.${key}`));
    };
    expect(manifests.flatMap((manifest) => walk(manifest, `${manifest.kind} ${manifest.metadata.name}`))).toEqual([]);
  });
});

/** Whether a template's pods are selected. */
function matches(template: Loose, { matchLabels = {}, matchExpressions = [] }: Loose): boolean {
  const { labels } = template.metadata;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }: Loose) => {
      if (operator !== 'In') throw new Error(`the operator ${operator} is not known here`);
      return values.includes(labels[key]);
    })
  );
}

const selected = (workloads: ReturnType<typeof workloadsOf>, selector: Loose): string[] =>
  workloads.filter(({ template }) => matches(template, selector)).map(({ manifest }) => manifest.metadata.name);

/** Whether the pods of a workload end by themselves. */
const ends = ({ kind }: Manifest): boolean => kind === 'Job' || kind === 'CronJob';
