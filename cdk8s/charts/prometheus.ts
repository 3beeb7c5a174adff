// Prometheus: one server that finds the pods of the pipeline by their labels, keeps what they tell, and evaluates the rules.
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { type ComponentProps, contentHash } from '../component.ts';
import * as names from '../names.ts';
import { podTemplate, type Resources } from '../pod.ts';
import { ALIVE, httpProbe, READY } from '../probes.ts';
import { renderConfiguration } from '../prometheus/configuration.ts';
import { podsService } from '../prometheus/discovery.ts';
import { METRICS_PORT_NAME, type MeasuredWorkload, measuredWorkloads } from '../prometheus/targets.ts';
import { nodePortOf, servicePort } from '../service-port.ts';
import { StatefulSet } from '../stateful-set.ts';
import { claimedVolume, claimTemplate, configMapVolume } from '../volumes.ts';

/** The ConfigMaps of the configuration and of the rules. */
export const PROMETHEUS_CONFIG = 'prometheus-config';
export const PROMETHEUS_RULES = 'prometheus-rules';

const CONFIG_FILE = 'prometheus.yml';
const CONFIG_DIRECTORY = '/etc/newsjet/prometheus';
const RULES_DIRECTORY = '/etc/newsjet/rules';
const STORE_DIRECTORY = '/prometheus';
/** Of the image prom/prometheus: nobody. */
const USER = 65_534;
const RETENTION = '15d';
const CLAIM_SIZE = '10Gi';
/** Well under the claim: blocks are merged into new ones before the old are removed. */
const RETENTION_SIZE = '8GB';
const RESOURCES: Resources = {
  requests: { cpu: '100m', memory: '256Mi' },
  limits: { cpu: '1', memory: '1Gi' },
};
/** Up to a quarter of an hour, in which the log of what was not in a block yet is read. */
const READING_LOG = { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 180 };
/** What is in memory is written down at the end. */
const GRACE_SECONDS = 120;

export interface PrometheusProps extends ComponentProps {
  /** Texts of rule files by their names, such as `newsjet.yaml`. */
  readonly rules: Readonly<Record<string, string>>;
}

export class PrometheusChart extends Chart {
  constructor(scope: Construct, id: string, { topology, versions, settings, rules }: PrometheusProps) {
    const labels = names.labelsOf(names.PROMETHEUS, names.PROMETHEUS);
    super(scope, id, { namespace: settings.namespace, labels });
    const metadata = { name: names.PROMETHEUS };
    const configuration = renderConfiguration({ topology, settings, ruleFiles: `${RULES_DIRECTORY}/*.yaml` });
    const asksApi = settings.discovery !== 'dns';
    if (asksApi) this.#account(settings.namespace);
    else for (const workload of measuredWorkloads({ topology, settings })) this.#pods(workload);
    new k8s.KubeConfigMap(this, 'config', {
      metadata: { name: PROMETHEUS_CONFIG },
      data: { [CONFIG_FILE]: configuration },
    });
    new k8s.KubeConfigMap(this, 'rules', { metadata: { name: PROMETHEUS_RULES }, data: { ...rules } });
    new k8s.KubeService(this, 'service', {
      metadata,
      spec: {
        selector: names.selectorOf(names.PROMETHEUS).matchLabels,
        ...nodePortOf(servicePort('http', names.PROMETHEUS_PORT), settings.prometheusNodePort),
      },
    });
    new StatefulSet(this, 'server', {
      metadata,
      spec: {
        serviceName: names.PROMETHEUS,
        replicas: 1,
        // In order, a pod that can't start would never be replaced by one that can.
        podManagementPolicy: 'Parallel',
        updateStrategy: { type: 'RollingUpdate' },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        selector: names.selectorOf(names.PROMETHEUS),
        template: podTemplate({
          name: names.PROMETHEUS,
          labels,
          // It reads them when it starts.
          annotations: { 'checksum/config': contentHash([configuration, rules]) },
          image: versions.images.prometheus,
          user: USER,
          ...(asksApi ? { serviceAccount: names.PROMETHEUS } : {}),
          args: [
            `--config.file=${CONFIG_DIRECTORY}/${CONFIG_FILE}`,
            `--storage.tsdb.path=${STORE_DIRECTORY}`,
            `--storage.tsdb.retention.time=${RETENTION}`,
            `--storage.tsdb.retention.size=${RETENTION_SIZE}`,
          ],
          // The collector works harder before the limit is reached.
          environment: { GOMEMLIMIT: '900MiB' },
          ports: { http: names.PROMETHEUS_PORT },
          mounts: [
            claimedVolume('data', STORE_DIRECTORY),
            configMapVolume('config', PROMETHEUS_CONFIG, CONFIG_DIRECTORY),
            configMapVolume('rules', PROMETHEUS_RULES, RULES_DIRECTORY),
          ],
          probes: {
            startupProbe: httpProbe('http', '/-/ready', READING_LOG),
            readinessProbe: httpProbe('http', '/-/ready', READY),
            livenessProbe: httpProbe('http', '/-/healthy', ALIVE),
          },
          graceSeconds: GRACE_SECONDS,
          resources: RESOURCES,
        }),
        volumeClaimTemplates: [claimTemplate({ name: 'data', size: CLAIM_SIZE, storageClass: settings.storageClass })],
      },
    });
  }

  /** Lets it see the pods of the namespace. */
  #account(namespace: string): void {
    const metadata = { name: names.PROMETHEUS };
    new k8s.KubeServiceAccount(this, 'account', { metadata, automountServiceAccountToken: false });
    new k8s.KubeRole(this, 'role', {
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    });
    new k8s.KubeRoleBinding(this, 'binding', {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: names.PROMETHEUS },
      subjects: [{ kind: 'ServiceAccount', name: names.PROMETHEUS, namespace }],
    });
  }

  /** Gives the pods of a workload a name. */
  #pods({ name, role }: MeasuredWorkload): void {
    new k8s.KubeService(this, podsService(name), {
      metadata: { name: podsService(name), labels: names.labelsOf(name, role) },
      spec: {
        clusterIp: 'None',
        // A worker that waits for its database is not ready, and to be measured all the same.
        publishNotReadyAddresses: true,
        selector: names.selectorOf(name).matchLabels,
        ports: [servicePort(METRICS_PORT_NAME, names.WORKER_PORT)],
      },
    });
  }
}
