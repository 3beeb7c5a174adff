// For clusters that have the Prometheus operator: what it is to scrape and to evaluate, in place of a Prometheus of our own.
import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { SCRAPE_JOB } from '../../workers/contract/scrape.ts';
import type { ComponentProps } from '../component.ts';
import * as names from '../names.ts';
import {
  MEASURED_COMPONENTS,
  METRICS_PORT_NAME,
  SAMPLES,
  SCRAPE_INTERVAL,
  SCRAPE_TIMEOUT,
  TARGET_LABELS,
} from '../prometheus/targets.ts';
import { type Dashboard, DashboardConfigMap } from './dashboard-config-map.ts';

const API_VERSION = 'monitoring.coreos.com/v1';
/** By which the sidecar of Grafana's own chart finds dashboards. */
const DASHBOARD_LABEL = { grafana_dashboard: '1' };

export interface PrometheusOperatorProps extends ComponentProps {
  /** Groups of rules, as in a rule file. */
  readonly ruleGroups: readonly unknown[];
  readonly dashboards: readonly Dashboard[];
}

export class PrometheusOperatorChart extends Chart {
  constructor(scope: Construct, id: string, { settings, ruleGroups, dashboards }: PrometheusOperatorProps) {
    const labels = { [names.PART_OF_LABEL]: 'newsjet' };
    super(scope, id, { namespace: settings.namespace, labels });
    const metadata = { name: 'newsjet' };
    // Of pods, not of Services: workers have none. The Prometheus operator itself leaves out pods that have ended.
    new ApiObject(this, 'pods', {
      apiVersion: API_VERSION,
      kind: 'PodMonitor',
      metadata,
      spec: {
        selector: {
          matchLabels: labels,
          matchExpressions: [{ key: names.COMPONENT_LABEL, operator: 'In', values: [...MEASURED_COMPONENTS] }],
        },
        podMetricsEndpoints: [
          {
            port: METRICS_PORT_NAME,
            path: '/metrics',
            interval: SCRAPE_INTERVAL,
            scrapeTimeout: SCRAPE_TIMEOUT,
            relabelings: [...TARGET_LABELS, { targetLabel: 'job', replacement: SCRAPE_JOB }],
            metricRelabelings: [...SAMPLES],
          },
        ],
      },
    });
    new ApiObject(this, 'rules', {
      apiVersion: API_VERSION,
      kind: 'PrometheusRule',
      metadata,
      spec: { groups: [...ruleGroups] },
    });
    for (const dashboard of dashboards) new DashboardConfigMap(this, dashboard.uid, dashboard, DASHBOARD_LABEL);
  }
}
