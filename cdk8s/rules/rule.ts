// Rules as Prometheus reads them, from a file or as the spec of a PrometheusRule.

import type { MetricSpec } from '../../workers/contract/metrics.ts';
import type { Topology } from '../../workers/contract/topology.ts';
import type { Duration, Vector } from '../promql.ts';
import type { CertificateIssuer, Scaler } from '../settings.ts';

/** `critical`: somebody has to look now. `warning`: somebody has to look today. `info`: good to know. */
export type Severity = 'critical' | 'warning' | 'info';

/** Keeps the value of an expression under a name of its own. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Raises an alert for each series of an expression. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: Duration;
  readonly labels: { readonly severity: Severity };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

/** Rules that are evaluated together, in this order. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

export interface RuleGroups {
  readonly groups: readonly RuleGroup[];
}

/** What the rules are made from. */
export interface RulesProps {
  readonly topology: Topology;
  readonly settings: { readonly scaling: Scaler; readonly certificates: CertificateIssuer };
  /**
   * Where runbooks.md is read: each alert links to its heading there.
   * @default docs/runbooks.md, its path in the project: there is no address that holds for everybody
   */
  readonly runbookUrl?: string;
  /** Hours without any news after which that is no quiet night any more. @default 24 */
  readonly quietHours?: number;
  /**
   * Seconds of life left at which certificates are warned of, and at which somebody is called. Certificates of 90 days are renewed
   * with 30 days left.
   * @default 20 days and 7 days
   */
  readonly certificateMargins?: { readonly warning: number; readonly critical: number };
}

/** An alert, up to its runbook. */
export interface AlertSpec {
  /** Also a heading of docs/runbooks.md. */
  readonly name: string;
  readonly expr: string;
  /** How long it has to be so. @default raised at once */
  readonly for?: Duration;
  readonly severity: Severity;
  /** One line that says what happened to what. */
  readonly summary: string;
  /** The value, and what it means. */
  readonly description: string;
}

/** The rules of one concern. */
export interface GroupSpec {
  readonly name: string;
  readonly records: readonly RecordingRule[];
  readonly alerts: readonly AlertSpec[];
}

/** Keeps an expression under the name of a metric whose labels it has. */
export const record = <L extends string>(spec: MetricSpec<L>, vector: Vector<NoInfer<L>>): RecordingRule => ({
  record: spec.name,
  expr: vector.expr,
});

/** What a template says for a label of the series that raised the alert. */
export const label = (name: string): string => `{{ $labels.${name} }}`;
/** What a template says for the value: a number, a length of time, a share. */
export const VALUE = '{{ $value | humanize }}';
export const VALUE_DURATION = '{{ $value | humanizeDuration }}';
export const VALUE_PERCENTAGE = '{{ $value | humanizePercentage }}';

/** Makes rules of what a group says. */
export const ruleGroup = ({ name, records, alerts }: GroupSpec, runbookUrl: string): RuleGroup => ({
  name,
  rules: [...records, ...alerts.map((alert) => alertingRule(alert, runbookUrl))],
});

const alertingRule = (
  { name, expr, for: pending, severity, summary, description }: AlertSpec,
  runbookUrl: string,
): AlertingRule => ({
  alert: name,
  expr,
  ...(pending === undefined ? {} : { for: pending }),
  labels: { severity },
  annotations: { summary, description, runbook_url: `${runbookUrl}#${name.toLowerCase()}` },
});
