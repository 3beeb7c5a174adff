// What measures the pipeline, as the settings say: here rules and dashboards come in.
import type { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import type { Dashboard } from './charts/dashboard-config-map.ts';
import { GrafanaChart } from './charts/grafana.ts';
import { PrometheusChart } from './charts/prometheus.ts';
import { PrometheusOperatorChart } from './charts/prometheus-operator.ts';
import type { ComponentProps } from './component.ts';

const RULE_FILE = 'newsjet.yaml';

/** Makes the charts. */
export function monitoringCharts(scope: Construct, props: ComponentProps): Chart[] {
  const { monitoring } = props.settings;
  if (monitoring === 'none') return [];
  const groups: readonly unknown[] = [];
  const boards: readonly Dashboard[] = [];
  if (monitoring === 'prometheus-operator') {
    return [
      new PrometheusOperatorChart(scope, '80-prometheus-operator', {
        ...props,
        ruleGroups: groups,
        dashboards: boards,
      }),
    ];
  }
  return [
    new PrometheusChart(scope, '80-prometheus', { ...props, rules: { [RULE_FILE]: stringify({ groups }) } }),
    new GrafanaChart(scope, '85-grafana', { ...props, dashboards: boards }),
  ];
}
