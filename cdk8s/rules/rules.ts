// All recording rules and alerts of a topology; what each alert asks of people is in docs/runbooks.md.
import { stringify } from 'yaml';
import { certificatesGroup } from './certificates.ts';
import { feedsGroup } from './feeds.ts';
import { jetStreamGroup } from './jetstream.ts';
import { operatorGroup } from './operator.ts';
import { pipelineGroup } from './pipeline.ts';
import { type GroupSpec, type RuleGroups, type RulesProps, ruleGroup } from './rule.ts';
import { scrapeGroup } from './scrape.ts';
import { isXSource, xStreamGroup } from './x-stream.ts';

/** Where runbooks are when nobody says where they are published. */
export const RUNBOOKS = 'docs/runbooks.md';

/**
 * Computes the rules: those about X only where something follows X, those of the operator and of certificates, which it measures,
 * only where it is. Pure.
 */
export function prometheusRules(props: RulesProps): RuleGroups {
  const { runbookUrl = RUNBOOKS } = props;
  return { groups: groupsOf(props).map((group) => ruleGroup(group, runbookUrl)) };
}

/** Writes rules as a file that Prometheus reads. */
export const renderRules = (rules: RuleGroups): string => stringify(rules, { lineWidth: 0 });

function groupsOf(props: RulesProps): GroupSpec[] {
  const operator = props.settings.scaling === 'operator';
  return [
    pipelineGroup(props),
    feedsGroup(props),
    ...(props.topology.workers.some(isXSource) ? [xStreamGroup(props)] : []),
    jetStreamGroup(props),
    ...(operator ? [operatorGroup(), certificatesGroup(props)] : []),
    scrapeGroup(props),
  ];
}
