// Tests alerts by tables: what was measured, and which alerts that raises.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { promtool } from '../../../test/support/prometheus.ts';
import type { Duration } from '../../promql.ts';
import { propsOf } from '../../testing/manifests.ts';
import type { AlertingRule, RuleGroups, RulesProps } from '../rule.ts';
import { prometheusRules, renderRules } from '../rules.ts';
import type { Input } from './input.ts';

/** What an alert says. */
export interface Raised {
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
}

type Row = readonly [alert: string, outcome: string, when: string, expected: FiringCase];
interface FiringCase extends Case {
  readonly alerts: readonly Raised[];
}

interface Case {
  /** What happened, as a sentence goes on after `fires when` or `is silent when`. */
  readonly when: string;
  readonly series: readonly Input[];
  /** When the alert is looked at; series begin at 0. */
  readonly at: Duration;
}

/** Both sides of an alert: at least one case where it is raised, and one near it where it is not. */
export interface AlertCases {
  readonly fires: readonly FiringCase[];
  readonly silent: readonly Case[];
}

/** A source of each kind, and an operator that does everything. */
export const DEFINITION = `
sources:
  paper: { kind: rss, feeds: [https://paper.example/rss] }
  x: { kind: twitter, rules: [{ value: cats, tag: cats }] }
workers:
  news-creator: { replicas: { min: 1, max: 4 } }
  paper-consumer: { replicas: { min: 0, max: 2 } }
`;

/** The props of a definition. */
export const rulesProps = (props: Partial<RulesProps> = {}, definition = DEFINITION): RulesProps => ({
  ...propsOf(definition),
  ...props,
});

export const isAlert = (rule: RuleGroups['groups'][number]['rules'][number]): rule is AlertingRule => 'alert' in rule;

/** Declares the tests of a group: each alert of it has cases, and raises what it says. */
export function describeAlerts(group: string, cases: Readonly<Record<string, AlertCases>>, props = rulesProps()): void {
  describe(`alerts of ${group}`, () => {
    // The group alone: Prometheus evaluates groups side by side, so that none may rely on what another records.
    const groups = prometheusRules(props).groups.filter(({ name }) => name === group);
    const alerts = groups.flatMap(({ rules }) => rules.filter(isAlert));
    let directory: string;
    let together: Promise<string> | undefined;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'newsjet-rules-'));
      await writeFile(join(directory, 'rules.yaml'), renderRules({ groups }));
    });
    afterAll(() => rm(directory, { recursive: true, force: true }));

    it('have all been tried both ways', () => {
      expect(alerts.map(({ alert }) => alert)).not.toEqual([]);
      expect(Object.keys(cases).sort()).toEqual(alerts.map(({ alert }) => alert).sort());
      const oneSided = Object.entries(cases).filter(([, { fires, silent }]) => !fires[0]?.alerts[0] || !silent[0]);
      expect(oneSided).toEqual([]);
    });

    const table = Object.entries(cases).flatMap(([alert, { fires, silent }]): Row[] => [
      ...fires.map((each): Row => [alert, 'fires', each.when, each]),
      ...silent.map((each): Row => [alert, 'is silent', each.when, { ...each, alerts: [] }]),
    ]);
    const testOf = ([alert, , , { series, at, alerts: raised }]: Row) => {
      const rule = alerts.find((each) => each.alert === alert);
      const check = { eval_time: at, alertname: alert, exp_alerts: raised.map((each) => expected(each, rule)) };
      return { interval: '1m', input_series: series, alert_rule_test: [check] };
    };
    const run = async (name: string, tests: readonly object[]): Promise<string> => {
      await writeFile(
        join(directory, name),
        stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests }),
      );
      return promtool(['test', 'rules', join(directory, name)]);
    };
    it.each(table)('%s %s when %s', async (...row) => {
      // One process for all; only when it does not agree each is run by itself, to say which.
      together ??= run('all.yaml', table.map(testOf)).catch(() => 'FAILED');
      if ((await together).includes('SUCCESS')) return;
      const name = `${table.findIndex(([alert, , when]) => alert === row[0] && when === row[2])}.yaml`;
      expect(await run(name, [testOf(row)])).toContain('SUCCESS');
    });
  });
}

const expected = ({ labels, summary, description }: Raised, rule: AlertingRule | undefined) => ({
  exp_labels: { ...labels, severity: rule?.labels.severity },
  exp_annotations: { summary, description, runbook_url: rule?.annotations.runbook_url },
});
