import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { environmentOf, find, type Loose, ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { GrafanaChart } from './grafana.ts';
import { PrometheusChart } from './prometheus.ts';
import { PrometheusOperatorChart } from './prometheus-operator.ts';

const BOARDS = ['pipeline', 'sources'].map((uid) => ({ uid, title: `Of ${uid}`, json: { uid, title: `Of ${uid}` } }));
const GROUPS = [{ name: 'some', rules: [{ record: 'a:b', expr: 'up' }] }];
/** The place of a volume in a container. */
const mountOf = ({ volumeMounts }: Loose, volume: string): string =>
  volumeMounts.find(({ name }: Loose) => name === volume)?.mountPath;

describe('PrometheusChart', () => {
  const manifestsWith = (rules: Record<string, string>, settings = {}): Loose[] =>
    Testing.synth(new PrometheusChart(Testing.app(), 'prometheus', { ...propsOf(ONE_SOURCE, settings), rules }));
  const manifests = manifestsWith({ 'some.yaml': 'groups: []\n' });
  const { spec } = find(manifests, 'StatefulSet', 'prometheus');
  const [container] = spec.template.spec.containers;
  const flags = Object.fromEntries(container.args.map((arg: string) => arg.replace(/^--/, '').split('=')));

  it('is given a configuration and rules that the pod mounts', () => {
    const file = flags['config.file'];
    expect(file).toBe(`${mountOf(container, 'config')}/prometheus.yml`);
    const { data } = find(manifests, 'ConfigMap', 'prometheus-config');
    expect(parse(data['prometheus.yml']).rule_files).toEqual([`${mountOf(container, 'rules')}/*.yaml`]);
    expect(find(manifests, 'ConfigMap', 'prometheus-rules').data).toEqual({ 'some.yaml': 'groups: []\n' });
  });

  it('starts anew when rules or configuration change, and for nothing else', () => {
    const checksum = (...args: Parameters<typeof manifestsWith>): unknown =>
      find(manifestsWith(...args), 'StatefulSet', 'prometheus').spec.template.metadata.annotations['checksum/config'];
    const before = checksum({ 'some.yaml': 'groups: []\n' });
    expect(checksum({ 'some.yaml': 'groups: []\n' }, { prometheusNodePort: 30_090 })).toBe(before);
    expect(checksum({ 'some.yaml': 'groups: [{}]\n' })).not.toBe(before);
    expect(checksum({ 'some.yaml': 'groups: []\n' }, { alertmanager: 'a:9093' })).not.toBe(before);
  });

  it('keeps less than its claim holds', () => {
    expect(flags['storage.tsdb.path']).toBe(mountOf(container, 'data'));
    const [claim] = spec.volumeClaimTemplates;
    expect([claim.apiVersion, claim.kind, claim.status]).toEqual(['v1', 'PersistentVolumeClaim', { phase: 'Pending' }]);
    // What Prometheus calls GB is a GiB.
    expect(Number.parseInt(flags['storage.tsdb.retention.size'], 10)).toBeLessThanOrEqual(
      Number.parseInt(claim.spec.resources.requests.storage, 10) * 0.9,
    );
    expect(flags['storage.tsdb.retention.time']).toBe('15d');
    expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
  });

  it('may see pods, change nothing, and be changed by nobody over HTTP', () => {
    expect(find(manifests, 'Role', 'prometheus').rules).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    ]);
    expect(Object.keys(flags).filter((flag) => flag.startsWith('web.enable'))).toEqual([]);
  });

  it('is on a port of the nodes only where that is asked for', () => {
    const service = (settings = {}): Loose => find(manifestsWith({}, settings), 'Service', 'prometheus').spec;
    expect([service().type, service().ports[0]]).toEqual([
      undefined,
      { name: 'http', port: 9_090, targetPort: 'http', protocol: 'TCP' },
    ]);
    expect(service({ prometheusNodePort: 30_090 })).toMatchObject({ type: 'NodePort', ports: [{ nodePort: 30_090 }] });
  });
});

describe('GrafanaChart', () => {
  const manifestsWith = (dashboards: typeof BOARDS, settings = {}): Loose[] =>
    Testing.synth(new GrafanaChart(Testing.app(), 'grafana', { ...propsOf(ONE_SOURCE, settings), dashboards }));
  const manifests = manifestsWith(BOARDS);
  const { template } = find(manifests, 'Deployment', 'grafana').spec;
  const [container] = template.spec.containers;
  const provisioned = (name: string): Loose => parse(find(manifests, 'ConfigMap', name).data['newsjet.yaml']);

  it('asks the Prometheus of these manifests, under the uid that dashboards name', () => {
    const [source, ...others] = provisioned('grafana-data-sources').datasources;
    expect(others).toEqual([]);
    expect(source).toMatchObject({ uid: 'prometheus', type: 'prometheus', isDefault: true, editable: false });
    const { hostname, port } = new URL(source.url);
    const prometheus: Loose[] = Testing.synth(
      new PrometheusChart(Testing.app(), 'prometheus', { ...propsOf(ONE_SOURCE), rules: {} }),
    );
    expect(find(prometheus, 'Service', hostname).spec.ports[0].port).toBe(Number(port));
    const { data } = find(prometheus, 'ConfigMap', 'prometheus-config');
    expect(source.jsonData.timeInterval).toBe(parse(data['prometheus.yml']).global.scrape_interval);
  });

  it('finds every dashboard where its provider looks, and shows the first', () => {
    const [{ options }] = provisioned('grafana-dashboard-providers').providers;
    for (const { uid, json } of BOARDS) {
      expect(mountOf(container, `dashboard-${uid}`)).toBe(`${options.path}/${uid}`);
      const { data } = find(manifests, 'ConfigMap', `grafana-dashboard-${uid}`);
      expect(JSON.parse(data[`${uid}.json`])).toEqual(json);
    }
    const home = environmentOf(template).GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH;
    expect(home).toBe(`${options.path}/pipeline/pipeline.json`);
  });

  it('reads its provisioning where Grafana looks for it', () => {
    expect(mountOf(container, 'data-sources')).toBe('/etc/grafana/provisioning/datasources');
    expect(mountOf(container, 'dashboard-providers')).toBe('/etc/grafana/provisioning/dashboards');
  });

  it('starts anew when a dashboard changes', () => {
    const checksum = (boards: typeof BOARDS): unknown =>
      find(manifestsWith(boards), 'Deployment', 'grafana').spec.template.metadata.annotations['checksum/provisioning'];
    expect(checksum(BOARDS)).toBe(template.metadata.annotations['checksum/provisioning']);
    expect(checksum(BOARDS.slice(1))).not.toBe(checksum(BOARDS));
  });

  it('lets nobody in without the drawn password, and asks nothing of the internet', () => {
    const environment = environmentOf(template);
    const secret = template.spec.volumes.find(({ name }: Loose) => name === 'admin').secret;
    expect(secret.secretName).toBe('grafana-admin');
    expect(environment.GF_SECURITY_ADMIN_USER__FILE).toBe(`${mountOf(container, 'admin')}/username`);
    expect(environment.GF_SECURITY_ADMIN_PASSWORD__FILE).toBe(`${mountOf(container, 'admin')}/password`);
    expect(environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_PLUGINS_PREINSTALL_DISABLED: 'true',
    });
  });
});

describe('PrometheusOperatorChart', () => {
  const manifests: Loose[] = Testing.synth(
    new PrometheusOperatorChart(Testing.app(), 'operator', {
      ...propsOf(ONE_SOURCE),
      ruleGroups: GROUPS,
      dashboards: BOARDS,
    }),
  );

  it('gives it rules as they are', () => {
    expect(find(manifests, 'PrometheusRule', 'newsjet').spec).toEqual({ groups: GROUPS });
  });

  it('has it name targets as Prometheus of our own does', () => {
    const { selector, podMetricsEndpoints } = find(manifests, 'PodMonitor', 'newsjet').spec;
    expect(selector.matchLabels).toEqual({ 'app.kubernetes.io/part-of': 'newsjet' });
    expect(selector.matchExpressions[0].values).toEqual(expect.arrayContaining(['rss-exporter', 'operator']));
    const [endpoint, ...others] = podMetricsEndpoints;
    expect(others).toEqual([]);
    expect(endpoint).toMatchObject({ port: 'http', path: '/metrics' });
    expect(endpoint.relabelings.map(({ targetLabel }: Loose) => targetLabel)).toEqual([
      ...['worker', 'role', 'instance', 'job'],
    ]);
    expect(endpoint.metricRelabelings).toEqual([{ action: 'labeldrop', regex: 'exported_worker' }]);
  });

  it('marks dashboards for the sidecar that collects them', () => {
    for (const { uid } of BOARDS) {
      const { labels } = find(manifests, 'ConfigMap', `grafana-dashboard-${uid}`).metadata;
      expect(labels).toEqual({ 'app.kubernetes.io/part-of': 'newsjet', grafana_dashboard: '1' });
    }
  });
});
