// What of the settings reaches the rules of alerts, whoever evaluates them.
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { RuleGroups } from './rules/rule.ts';
import { isAlert } from './rules/testing/alert-cases.ts';
import { find, manifestsOf, ONE_SOURCE } from './testing/manifests.ts';

const ADDRESS = 'https://docs.example/runbooks.html';

/** Where the alerts lead, without the heading. */
const linksOf = ({ groups }: RuleGroups): string[] => [
  ...new Set(
    groups.flatMap(({ rules }) => rules.filter(isAlert).map((rule) => rule.annotations.runbook_url.replace(/#.*/, ''))),
  ),
];

const rulesOf = (settings: Parameters<typeof manifestsOf>[1]): RuleGroups => {
  const manifests = manifestsOf(ONE_SOURCE, settings);
  return settings?.monitoring === 'prometheus-operator'
    ? find(manifests, 'PrometheusRule', 'newsjet').spec
    : parse(find(manifests, 'ConfigMap', 'prometheus-rules').data['newsjet.yaml']);
};

describe.each(['own', 'prometheus-operator'] as const)('the alerts of --monitoring %s', (monitoring) => {
  it('link to the runbooks that the settings name', () => {
    expect(linksOf(rulesOf({ monitoring, runbookUrl: ADDRESS }))).toEqual([ADDRESS]);
  });

  it('name their path in the project where the settings name none', () => {
    expect(linksOf(rulesOf({ monitoring }))).toEqual(['docs/runbooks.md']);
  });
});
