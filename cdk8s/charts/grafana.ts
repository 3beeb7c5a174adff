// Grafana: nothing in it is kept, for its data source and dashboards are provisioned and its only account comes from a Secret.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { type ComponentProps, contentHash } from '../component.ts';
import { DATA_SOURCE_UID } from '../dashboards/data-source.ts';
import * as names from '../names.ts';
import { podTemplate } from '../pod.ts';
import { ALIVE, httpProbe, READY, STARTING } from '../probes.ts';
import { SCRAPE_INTERVAL } from '../prometheus/targets.ts';
import { GRAFANA_ADMIN_SECRET } from '../secret-plan.ts';
import { nodePortOf, servicePort } from '../service-port.ts';
import { configMapVolume, scratchVolume, secretVolume } from '../volumes.ts';
import { type Dashboard, DashboardConfigMap, dashboardFile, dashboardName } from './dashboard-config-map.ts';

/** ConfigMaps of what is provisioned. */
const DATA_SOURCES = 'grafana-data-sources';
const PROVIDERS = 'grafana-dashboard-providers';
const PROVISIONING = '/etc/grafana/provisioning';
const DASHBOARDS_DIRECTORY = '/etc/newsjet/dashboards';
const ADMIN_DIRECTORY = '/etc/newsjet/admin';
/** Of the image grafana/grafana. */
const USER = 472;

export interface GrafanaProps extends ComponentProps {
  /** The first is what people see when they come. */
  readonly dashboards: readonly Dashboard[];
}

export class GrafanaChart extends Chart {
  constructor(scope: Construct, id: string, { versions, settings, dashboards }: GrafanaProps) {
    const labels = names.labelsOf(names.GRAFANA, names.GRAFANA);
    super(scope, id, { namespace: settings.namespace, labels });
    const metadata = { name: names.GRAFANA };
    const provisioned = { [DATA_SOURCES]: stringify(dataSources()), [PROVIDERS]: stringify(providers()) };
    for (const [name, text] of Object.entries(provisioned)) {
      new k8s.KubeConfigMap(this, name, { metadata: { name }, data: { 'newsjet.yaml': text } });
    }
    for (const dashboard of dashboards) new DashboardConfigMap(this, dashboard.uid, dashboard);
    new k8s.KubeService(this, 'service', {
      metadata,
      spec: {
        selector: names.selectorOf(names.GRAFANA).matchLabels,
        ...nodePortOf(servicePort('http', 80), settings.grafanaNodePort),
      },
    });
    new k8s.KubeDeployment(this, 'deployment', {
      metadata,
      spec: {
        replicas: 1,
        selector: names.selectorOf(names.GRAFANA),
        template: podTemplate({
          name: names.GRAFANA,
          labels,
          // Data sources are read when it starts; so is everything, then, and what is seen is of one making.
          annotations: { 'checksum/provisioning': contentHash([provisioned, dashboards]) },
          image: versions.images.grafana,
          user: USER,
          environment: { ...ENVIRONMENT, ...home(dashboards) },
          ports: { http: names.GRAFANA_PORT },
          mounts: [
            scratchVolume('data', '/var/lib/grafana', '1Gi'),
            scratchVolume('tmp', '/tmp', '64Mi'),
            secretVolume('admin', GRAFANA_ADMIN_SECRET, ADMIN_DIRECTORY, { keys: ['username', 'password'] }),
            configMapVolume('data-sources', DATA_SOURCES, `${PROVISIONING}/datasources`),
            configMapVolume('dashboard-providers', PROVIDERS, `${PROVISIONING}/dashboards`),
            ...dashboards.map(({ uid }) =>
              configMapVolume(`dashboard-${uid}`, dashboardName(uid), `${DASHBOARDS_DIRECTORY}/${uid}`),
            ),
          ],
          probes: {
            startupProbe: httpProbe('http', '/api/health', STARTING),
            readinessProbe: httpProbe('http', '/api/health', READY),
            livenessProbe: httpProbe('http', '/api/health', ALIVE),
          },
          resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
        }),
      },
    });
  }
}

/** It knows nobody but the administrator, and asks nothing of the internet, which it can't reach. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  GF_SECURITY_ADMIN_USER__FILE: `${ADMIN_DIRECTORY}/username`,
  GF_SECURITY_ADMIN_PASSWORD__FILE: `${ADMIN_DIRECTORY}/password`,
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_AUTH_ANONYMOUS_ENABLED: 'false',
  GF_USERS_ALLOW_SIGN_UP: 'false',
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: 'false',
  GF_NEWS_NEWS_FEED_ENABLED: 'false',
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
  GF_SNAPSHOTS_EXTERNAL_ENABLED: 'false',
  GF_LOG_MODE: 'console',
};

const home = ([first]: readonly Dashboard[]): Record<string, string> =>
  first
    ? { GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARDS_DIRECTORY}/${first.uid}/${dashboardFile(first.uid)}` }
    : {};

const dataSources = (): object => ({
  apiVersion: 1,
  datasources: [
    {
      name: 'Prometheus',
      uid: DATA_SOURCE_UID,
      type: 'prometheus',
      access: 'proxy',
      url: names.PROMETHEUS_URL,
      isDefault: true,
      editable: false,
      // The interval makes $__rate_interval as long as a rate needs.
      jsonData: { httpMethod: 'POST', prometheusType: 'Prometheus', timeInterval: SCRAPE_INTERVAL },
    },
  ],
});

const providers = (): object => ({
  apiVersion: 1,
  providers: [
    {
      name: 'newsjet',
      folder: 'Newsjet',
      type: 'file',
      disableDeletion: true,
      allowUiUpdates: false,
      options: { path: DASHBOARDS_DIRECTORY, foldersFromFilesStructure: false },
    },
  ],
});
