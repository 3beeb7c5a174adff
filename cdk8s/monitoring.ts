// What measures the pipeline, as the settings say: here rules and dashboards come in.
import type { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { GrafanaChart } from './charts/grafana.ts';
import { PrometheusChart } from './charts/prometheus.ts';
import { PrometheusOperatorChart } from './charts/prometheus-operator.ts';
import type { ComponentProps } from './component.ts';
import { dashboards } from './dashboards/dashboards.ts';
import { prometheusRules, renderRules } from './rules/rules.ts';

const RULE_FILE = 'newsjet.yaml';

/** Makes the charts. */
export function monitoringCharts(scope: Construct, props: ComponentProps): Chart[] {
  const { monitoring, runbookUrl } = props.settings;
  if (monitoring === 'none') return [];
  const rules = prometheusRules({ ...props, ...(runbookUrl === undefined ? {} : { runbookUrl }) });
  const boards = dashboards(props);
  if (monitoring === 'prometheus-operator') {
    return [
      new PrometheusOperatorChart(scope, '80-prometheus-operator', {
        ...props,
        ruleGroups: rules.groups,
        dashboards: boards,
      }),
    ];
  }
  return [
    new PrometheusChart(scope, '80-prometheus', { ...props, rules: { [RULE_FILE]: renderRules(rules) } }),
    new GrafanaChart(scope, '85-grafana', { ...props, dashboards: boards }),
  ];
}
