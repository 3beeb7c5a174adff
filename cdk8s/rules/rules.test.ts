// All rules together: that Prometheus takes them, that they ask for what there is, and that each alert has its runbook.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT_DIRECTORY } from '../../test/support/paths.ts';
import { promtool } from '../../test/support/prometheus.ts';
import { METRICS } from '../../workers/contract/metrics.ts';
import { NATS_METRICS } from '../../workers/contract/nats-metrics.ts';
import { committedDefinition, ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import type { RuleGroups } from './rule.ts';
import { prometheusRules, RUNBOOKS, renderRules } from './rules.ts';
import { PROCESS_START, UP } from './scrape.ts';
import { isAlert, rulesProps } from './testing/alert-cases.ts';
import { identifiers } from './testing/identifiers.ts';
import { knownMetrics } from './testing/known-metrics.ts';

const EVERYTHING = prometheusRules(rulesProps());
const rulesOf = ({ groups }: RuleGroups) => groups.flatMap(({ rules }) => rules);
const alertsOf = (rules: RuleGroups) => rulesOf(rules).filter(isAlert);
const alertNames = (rules: RuleGroups): string[] => alertsOf(rules).map(({ alert }) => alert);
const groupNames = (rules: RuleGroups): string[] => rules.groups.map(({ name }) => name);
const withSettings = (definition: string, settings: Parameters<typeof propsOf>[1]): RuleGroups =>
  prometheusRules(propsOf(definition, settings));

describe('rules', () => {
  it.each([
    ['of every kind', EVERYTHING],
    ['of newsjet.yaml', prometheusRules(propsOf(committedDefinition('newsjet.yaml')))],
    ['of newsroom.yaml', prometheusRules(propsOf(committedDefinition('newsroom.yaml')))],
    ['of one server, where nobody scales', withSettings(`${ONE_SOURCE}\nnats: { servers: 1 }`, { scaling: 'none' })],
  ])('%s are what Prometheus reads', async (_, rules) => {
    const directory = await mkdtemp(join(tmpdir(), 'newsjet-rules-'));
    try {
      const file = join(directory, 'rules.yaml');
      await writeFile(file, renderRules(rules));
      expect(await promtool(['check', 'rules', '--lint-fatal', file])).toContain(
        `${rulesOf(rules).length} rules found`,
      );
      expect(parse(renderRules(rules))).toEqual(rules);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('ask only for metrics of the contract, of Prometheus and Node, and for what other rules record', () => {
    const known = new Set([...knownMetrics(EVERYTHING), UP.name, PROCESS_START.name]);
    const asked = rulesOf(EVERYTHING).flatMap(({ expr }) => identifiers(expr).map((name) => ({ name, expr })));
    expect(asked.filter(({ name }) => !known.has(name))).toEqual([]);
    expect(asked.length).toBeGreaterThan(rulesOf(EVERYTHING).length);
  });

  it('rely on what their own group has recorded before, for groups are evaluated side by side', () => {
    for (const { rules } of EVERYTHING.groups) {
      const before = new Set<string>();
      for (const rule of rules) {
        expect(identifiers(rule.expr).filter((name) => name.includes(':') && !before.has(name))).toEqual([]);
        if ('record' in rule) before.add(rule.record);
      }
    }
  });

  it('have names of their own', () => {
    const names = [...groupNames(EVERYTHING), ...alertNames(EVERYTHING)];
    expect(names).toEqual([...new Set(names)]);
  });

  it('are tested, each group in a file of its own', () => {
    const untested = groupNames(EVERYTHING).filter((name) => !existsSync(new URL(`${name}.test.ts`, import.meta.url)));
    expect(untested).toEqual([]);
  });

  it('know of the operator, of certificates and of X only where they are', () => {
    const x = 'sources: { x: { kind: twitter, rules: [{ value: cats, tag: cats }] } }';
    const basic = ['pipeline', 'feeds', 'jetstream', 'scrape'];
    expect(groupNames(withSettings(ONE_SOURCE, { scaling: 'none' }))).toEqual(basic);
    expect(groupNames(withSettings(ONE_SOURCE, { scaling: 'keda' }))).toEqual(basic);
    expect(groupNames(withSettings(x, { scaling: 'none' })).sort()).toEqual([...basic, 'x-stream'].sort());
    expect(groupNames(withSettings(ONE_SOURCE, {})).sort()).toEqual([...basic, 'operator', 'certificates'].sort());
  });

  it('follow the certificate that cert-manager renews, of which the operator knows no problem', () => {
    const others = alertNames(withSettings(ONE_SOURCE, { certificates: 'cert-manager' }));
    const own = alertNames(withSettings(ONE_SOURCE, {}));
    expect(own.filter((name) => !others.includes(name))).toEqual(['CertificateProblem']);
    expect(others).toEqual(expect.arrayContaining(['CertificateNearExpiry', 'NatsServersBehind']));
  });

  it('expect no quorum of a single server', () => {
    const alone = alertNames(withSettings(`${ONE_SOURCE}\nnats: { servers: 1 }`, {}));
    const ofClusters = alertNames(EVERYTHING).filter((name) => !alone.includes(name));
    expect(ofClusters.sort()).toEqual(['MetaLeaderLost', 'QuorumLost', 'ServerMissing', 'XStreamDown']);
  });

  it('miss no worker that may sleep', () => {
    const missing = (rules: RuleGroups) => alertsOf(rules).find(({ alert }) => alert === 'WorkerMissing')?.expr;
    expect(missing(EVERYTHING)).toContain('"paper-exporter"');
    expect(missing(EVERYTHING)).not.toContain('"paper-consumer"');
  });

  it('take quiet hours, margins of certificates and the address of runbooks', () => {
    const certificateMargins = { warning: 120, critical: 60 };
    const rules = prometheusRules(
      rulesProps({ quietHours: 72, certificateMargins, runbookUrl: 'https://docs.example/runbooks' }),
    );
    const exprOf = (name: string): string => alertsOf(rules).find(({ alert }) => alert === name)?.expr ?? '';
    expect(exprOf('NoProcessedNews')).toContain('[1h] offset 72h');
    expect(exprOf('CertificateNearExpiry')).toMatch(/< 120$/);
    expect(exprOf('CertificateExpiring')).toMatch(/< 60$/);
    expect(alertsOf(rules)[0]?.annotations.runbook_url).toBe('https://docs.example/runbooks#pipelinestalled');
  });
});

describe('runbooks', () => {
  const text = readFileSync(join(PROJECT_DIRECTORY, RUNBOOKS), 'utf8');
  const sections = text
    .split(/^## /m)
    .slice(1)
    .map((section) => ({ heading: section.slice(0, section.indexOf('\n')), section }));

  it('are there for each alert, and for nothing else, in the order of the rules', () => {
    expect(sections.map(({ heading }) => heading)).toEqual(alertNames(EVERYTHING));
  });

  it.each(sections.map(({ heading, section }) => [heading, section] as const))(
    '%s: what it means, what to look at, what to do, and how bad it is',
    (heading, section) => {
      const alert = alertsOf(EVERYTHING).find(({ alert }) => alert === heading);
      expect(section).toMatch(/^\*\*Means\*\*.*^\*\*Look\*\*.*^\*\*Do\*\*/ms);
      expect(section).toContain(`*${alert?.labels.severity}*`);
    },
  );

  it('ask only for metrics that there are', () => {
    const names = [...Object.values(METRICS), ...Object.values(NATS_METRICS)].map(({ name }) => name);
    const recorded = rulesOf(EVERYTHING).flatMap((rule) => ('record' in rule ? [rule.record] : []));
    const asked = text.match(/\b(?:\w+:)?(?:newsjet|nats)_(?:\w|:)+/g) ?? [];
    expect(asked.filter((name) => ![...names, ...recorded].includes(name))).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
  });
});
