import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { promtool } from '../../test/support/prometheus.ts';
import { SCRAPE_JOB } from '../../workers/contract/scrape.ts';
import type { Settings } from '../settings.ts';
import { EVERY_SOURCE, find, type Loose, manifestsOf, ONE_SOURCE, propsOf, workloadsOf } from '../testing/manifests.ts';
import { renderConfiguration } from './configuration.ts';
import { podDiscovery, podsService } from './discovery.ts';
import { METRICS_PORT_NAME, podLabel, type RelabelStep, SAMPLES, TARGET_LABELS, TARGETS } from './targets.ts';

const configurationOf = (settings: Partial<Settings> = {}): Loose => {
  const props = propsOf(EVERY_SOURCE, { namespace: 'news', ...settings });
  return parse(renderConfiguration({ ...props, ruleFiles: '/rules/*.yaml' }));
};

/** What Prometheus makes of the labels of a target; undefined when it drops it. */
function relabel(labels: Readonly<Record<string, string>>, steps: readonly RelabelStep[]): Loose {
  const result: Record<string, string> = { ...labels };
  for (const { action = 'replace', sourceLabels = [], regex = '(.*)', targetLabel, replacement = '$1' } of steps) {
    const form = new RegExp(`^(?:${regex})$`, 's');
    const value = sourceLabels.map((name) => result[name] ?? '').join(';');
    if (action === 'keep' && !form.test(value)) return undefined;
    if (action === 'drop' && form.test(value)) return undefined;
    if (action === 'replace' && targetLabel && form.test(value)) result[targetLabel] = value.replace(form, replacement);
    if (action === 'labeldrop') for (const name of Object.keys(result)) if (form.test(name)) delete result[name];
  }
  return Object.fromEntries(Object.entries(result).filter(([name]) => !name.startsWith('__')));
}

const WORKLOADS = workloadsOf(manifestsOf(ONE_SOURCE.replace('https://a.example/rss', 'newsroom:/world.rss')));
/** The ports of all pods of some manifests, as discovery tells of them. */
const discovered = (phase = 'Running'): Record<string, string>[] =>
  WORKLOADS.flatMap(({ manifest, template }) =>
    (template.spec.containers[0].ports ?? []).map(({ name }: Loose) => ({
      __meta_kubernetes_pod_phase: phase,
      __meta_kubernetes_pod_name: `${manifest.metadata.name}-x1`,
      __meta_kubernetes_pod_container_port_name: name,
      ...Object.fromEntries(
        Object.entries(template.metadata.labels).map(([key, value]) => [podLabel(key), value as string]),
      ),
    })),
  );

describe('the targets', () => {
  const targets = discovered().flatMap((pod) => relabel(pod, [...TARGETS, ...TARGET_LABELS]) ?? []);

  it('are the workers and the operator, each known by three labels', () => {
    expect(targets.sort((a, b) => (a.worker < b.worker ? -1 : 1))).toEqual(
      [
        ['a-consumer', 'rss-consumer'],
        ['a-exporter', 'rss-exporter'],
        ['nats-monitor', 'nats-monitor'],
        ['news-creator', 'news-creator'],
        ['news-monitor', 'news-monitor'],
        ['news-reader', 'news-reader'],
        ['operator', 'operator'],
      ].map(([worker, role]) => ({ worker, role, instance: `${worker}-x1` })),
    );
  });

  it('are not what has no metrics of the pipeline', () => {
    const names = discovered().map((pod) => pod[podLabel('app.kubernetes.io/name')]);
    expect(names).toEqual(expect.arrayContaining(['nats', 'mongodb', 'newsroom', 'prometheus', 'grafana']));
    expect(discovered().some((pod) => pod.__meta_kubernetes_pod_container_port_name === METRICS_PORT_NAME)).toBe(true);
  });

  it.each(['Succeeded', 'Failed'])('are no pods that are %s', (phase) => {
    expect(discovered(phase).flatMap((pod) => relabel(pod, TARGETS) ?? [])).toEqual([]);
  });

  it('are not of somebody else’s in the same namespace', () => {
    const [pod] = discovered().filter((each) => relabel(each, TARGETS));
    expect(relabel({ ...pod, [podLabel('app.kubernetes.io/part-of')]: 'another' }, TARGETS)).toBeUndefined();
  });

  it('leave one label of a worker’s own name and of that which it says', () => {
    const sample = { worker: 'a-exporter', exported_worker: 'a-exporter', source: 'a' };
    expect(relabel(sample, SAMPLES)).toEqual({ worker: 'a-exporter', source: 'a' });
  });
});

describe('renderConfiguration', () => {
  const [ours, own] = configurationOf().scrape_configs;

  it('finds pods of the namespace alone, which is all that the account may see', () => {
    expect(ours.job_name).toBe(SCRAPE_JOB);
    expect(ours.kubernetes_sd_configs).toEqual([
      {
        role: 'pod',
        namespaces: { names: ['news'] },
        selectors: [{ role: 'pod', label: 'app.kubernetes.io/part-of=newsjet' }],
      },
    ]);
    expect(ours.relabel_configs).toHaveLength(TARGETS.length + TARGET_LABELS.length);
    expect(ours.relabel_configs.at(-1)).toEqual({
      source_labels: ['__meta_kubernetes_pod_name'],
      target_label: 'instance',
    });
  });

  it('measures Prometheus itself', () => {
    expect(own.static_configs).toEqual([{ targets: ['localhost:9090'], labels: { instance: 'prometheus' } }]);
  });

  it('reads rules, and sends alerts where there is an Alertmanager', () => {
    expect(configurationOf().rule_files).toEqual(['/rules/*.yaml']);
    expect(configurationOf().alerting).toBeUndefined();
    expect(configurationOf({ alertmanager: 'alerts.example:9093' }).alerting).toEqual({
      alertmanagers: [{ static_configs: [{ targets: ['alerts.example:9093'] }] }],
    });
  });
});

describe('discovery by names', () => {
  const props = propsOf(EVERY_SOURCE, { namespace: 'news', discovery: 'dns' });
  const { configs, relabelling } = podDiscovery(props);
  const [{ names, port, type }] = configs.dns_sd_configs as Loose;
  const services: Loose[] = manifestsOf(EVERY_SOURCE, { namespace: 'news', discovery: 'dns' }).filter(
    ({ kind, metadata }) => kind === 'Service' && metadata.name.endsWith(podsService('')),
  );

  it('asks for a headless Service of every worker and the operator, ready or not', () => {
    expect([type, port]).toEqual(['A', 8_080]);
    expect(names).toHaveLength(props.topology.workers.length + 1);
    const ours = services.map(({ metadata }) => `${metadata.name}.news.svc.cluster.local`);
    expect(ours.sort()).toEqual([...names].sort());
    for (const { spec } of services) {
      expect([spec.clusterIP, spec.publishNotReadyAddresses]).toEqual(['None', true]);
    }
  });

  it('gives the labels that discovery by the API server gives', () => {
    const labels = names.map((name: string) => relabel({ __meta_dns_name: name }, relabelling));
    const workers = props.topology.workers.map(({ name, role }) => ({ worker: name, role }));
    expect(labels).toEqual([...workers, { worker: 'operator', role: 'operator' }]);
  });

  it('gives Prometheus no account', () => {
    const kinds = manifestsOf(ONE_SOURCE, { discovery: 'dns' })
      .filter(({ metadata }) => metadata.name === 'prometheus')
      .map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['Service', 'StatefulSet']);
  });
});

describe('the files of the manifests', () => {
  /** Whether promtool takes them; of discovery by Kubernetes not every build of it knows, and of the rest all do. */
  async function check(manifests: Loose[]): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'newsjet-configuration-'));
    try {
      for (const [name, text] of Object.entries<string>(find(manifests, 'ConfigMap', 'prometheus-rules').data)) {
        await writeFile(join(directory, name), text);
      }
      const configuration = parse(find(manifests, 'ConfigMap', 'prometheus-config').data['prometheus.yml']);
      for (const each of configuration.scrape_configs) delete each.kubernetes_sd_configs;
      const file = join(directory, 'prometheus.json');
      await writeFile(file, JSON.stringify({ ...configuration, rule_files: [join(directory, '*.yaml')] }));
      return await promtool(['check', 'config', file]);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  it.each([{}, { discovery: 'dns' }, { alertmanager: 'alerts.example:9093' }] as const)(
    'are taken by Prometheus, with %j',
    async (settings) => {
      const said = await check(manifestsOf(EVERY_SOURCE, settings));
      expect(said).toContain('SUCCESS: 1 rule files found');
      expect(said).toMatch(/SUCCESS: [1-9]\d* rules found/);
    },
  );
});
