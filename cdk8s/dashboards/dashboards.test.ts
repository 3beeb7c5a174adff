// All dashboards: that every panel says what it is and asks for what there is, and that they are laid out soundly.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { promtool } from '../../test/support/prometheus.ts';
import { createRegistry } from '../../workers/runtime/metrics.ts';
import { prometheusRules } from '../rules/rules.ts';
import { identifiers } from '../rules/testing/identifiers.ts';
import { knownMetrics } from '../rules/testing/known-metrics.ts';
import type { Settings } from '../settings.ts';
import { committedDefinition, EVERY_SOURCE, ONE_SOURCE, propsOf } from '../testing/manifests.ts';
import { dashboards } from './dashboards.ts';
import { DATA_SOURCE } from './data-source.ts';
import { everythingOn, type Panel, panelsOf, queriesOf } from './testing/panels.ts';

const boardsOf = (definition: string, settings: Partial<Settings> = {}) => dashboards(propsOf(definition, settings));
const everything = boardsOf(EVERY_SOURCE);
/** Of one ConfigMap; the API server takes 1 MiB, and whoever applies it on the client's side 256 KiB of annotation. */
const MAX_BYTES = 256 * 1_024;
const COLUMNS = 24;

const titles = (boards: typeof everything): string[] => boards.flatMap(panelsOf).map(({ title }) => title);
const overlap = (a: Panel, b: Panel): boolean =>
  a.gridPos.x < b.gridPos.x + b.gridPos.w &&
  b.gridPos.x < a.gridPos.x + a.gridPos.w &&
  a.gridPos.y < b.gridPos.y + b.gridPos.h &&
  b.gridPos.y < a.gridPos.y + a.gridPos.h;

it('are four, with addresses that stay, the one to begin with first', () => {
  expect(everything.map(({ uid, title }) => [uid, title])).toEqual([
    ['newsjet-pipeline', 'Newsjet: Pipeline'],
    ['newsjet-jetstream', 'Newsjet: JetStream'],
    ['newsjet-sources', 'Newsjet: Sources'],
    ['newsjet-workers', 'Newsjet: Workers'],
  ]);
  for (const { uid, title, json } of everything) expect(json).toMatchObject({ uid, title, editable: false });
});

it('are the same text for the same topology', () => {
  expect(JSON.stringify(boardsOf(EVERY_SOURCE))).toBe(JSON.stringify(everything));
  expect(JSON.stringify(everything)).not.toMatch(/\d{4}-\d\d-\d\dT/);
});

describe.each(everything.map((board) => [board.title, board] as const))('%s', (_, board) => {
  const panels = panelsOf(board);

  it('has panels that say what they show, in which unit, and what it means', () => {
    for (const { title, description, fieldConfig } of panels) {
      expect(description, title).toMatch(/^[A-Z].{15,}\.$/);
      expect(fieldConfig.defaults.unit, title).toMatch(/^\w+$/);
    }
    const own = panels.map(({ title }) => title);
    expect(own).toEqual([...new Set(own)]);
    const ids = everythingOn(board).map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, index) => index + 1));
  });

  it('asks Prometheus by its uid, with a name for each series', () => {
    for (const { title, targets, datasource } of panels) {
      expect(datasource, title).toEqual(DATA_SOURCE);
      expect(targets.map(({ refId }) => refId)).toEqual(['A', 'B', 'C', 'D', 'E', 'F'].slice(0, targets.length));
      expect(targets.length, title).toBeGreaterThan(0);
      for (const target of targets) {
        expect(target.datasource).toEqual(DATA_SOURCE);
        expect(target.legendFormat, title).not.toBe('');
        expect(Boolean(target.instant), title).not.toBe(Boolean(target.range));
      }
    }
  });

  it('names series by labels that they have', () => {
    for (const { title, targets } of panels) {
      for (const { expr, legendFormat } of targets) {
        const [, by] = /^(?:\w+\([\d., ]*)?(?:sum|max|min) by \(([^)]*)\)/.exec(expr.replace('time() - ', '')) ?? [];
        const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
        if (by !== undefined && named.length > 0) {
          const labels = by.split(', ').filter((label) => label !== 'le');
          expect(named.sort(), title).toEqual(labels.sort());
        }
      }
    }
  });

  it('has panels side by side and below each other, each row filled', () => {
    const all = everythingOn(board);
    for (const [index, panel] of all.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w, panel.title).toBeLessThanOrEqual(COLUMNS);
      const others = all.slice(index + 1).filter((other) => overlap(panel, other));
      expect(
        others.map(({ title }) => title),
        panel.title,
      ).toEqual([]);
    }
    const widths = new Map<number, number>();
    for (const { gridPos } of all) widths.set(gridPos.y, (widths.get(gridPos.y) ?? 0) + gridPos.w);
    expect([...widths.values()]).toEqual([...widths.values()].map(() => COLUMNS));
  });

  it('fits into a ConfigMap', () => {
    expect(Buffer.byteLength(JSON.stringify(board.json, null, 2))).toBeLessThan(MAX_BYTES);
  });
});

describe('queries', () => {
  it('ask only for metrics of the contract and of Node, and for what rules record', () => {
    const node = createRegistry('any').getMetricsAsArray();
    const known = new Set([...knownMetrics(prometheusRules(propsOf(EVERY_SOURCE))), ...node.map(({ name }) => name)]);
    const asked = queriesOf(everything, '1m').flatMap(({ place, expr }) =>
      identifiers(expr).map((name) => ({ name, place })),
    );
    expect(asked.filter(({ name }) => !known.has(name))).toEqual([]);
    expect(asked.length).toBeGreaterThanOrEqual(queriesOf(everything, '1m').length);
  });

  it('are PromQL', async () => {
    const rules = queriesOf(everything, '1m').map(({ expr }, index) => ({ record: `query:number:${index}`, expr }));
    const directory = await mkdtemp(join(tmpdir(), 'newsjet-queries-'));
    try {
      const file = join(directory, 'queries.yaml');
      await writeFile(file, stringify({ groups: [{ name: 'queries', rules }] }));
      expect(await promtool(['check', 'rules', file])).toContain(`${rules.length} rules found`);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('panels', () => {
  it('are about X only where something follows it', () => {
    const x = ['Posts, by what became of them', 'Who follows the stream'];
    expect(titles(everything)).toEqual(expect.arrayContaining(x));
    expect(titles(boardsOf(committedDefinition('newsroom.yaml')))).toEqual(expect.arrayContaining(x));
    expect(titles(boardsOf(ONE_SOURCE)).filter((title) => x.includes(title))).toEqual([]);
  });

  it.each(['none', 'keda'] as const)('are about the operator only where it scales: scaling %s', (scaling) => {
    const boards = boardsOf(EVERY_SOURCE, { scaling });
    const asked = queriesOf(boards, '1m').filter(({ expr }) => /scaler|operator|kubernetes|certificate/.test(expr));
    expect(asked).toEqual([]);
    const gone = titles(everything).filter((title) => !titles(boards).includes(title));
    expect(gone).toEqual(expect.arrayContaining(['Replicas against desired', 'Decisions, by reason', 'Certificates']));
  });

  it('are about certificates only where the operator renews them', () => {
    expect(titles(boardsOf(ONE_SOURCE, { certificates: 'cert-manager' }))).not.toContain('Certificates');
  });
});
