// Panels: what is said of them, in Grafana's words.
import { Percent, Seconds, Short } from '@grafana/grafana-foundation-sdk/units';
import { describe, expect, it } from 'vitest';
import { panel } from './panel.ts';
import type { PanelSpec } from './panel-spec.ts';

const made = (spec: Partial<PanelSpec> = {}) =>
  JSON.parse(
    JSON.stringify(
      panel(
        {
          ...{ kind: 'graph', title: 'Load', description: 'How busy it is.', unit: Percent },
          queries: [{ expr: 'load', legend: '{{host}}' }],
          ...spec,
        },
        1,
      ).build(),
    ),
  );
const colours = ({ steps }: { steps: { value: number | null; color: string }[] }) =>
  steps.map(({ value, color }) => [value, color]);

describe('a graph', () => {
  it('asks over time, half as wide as the page, with what is largest named first', () => {
    const { type, gridPos, targets, options } = made();
    expect(type).toBe('timeseries');
    expect(gridPos).toMatchObject({ w: 12, h: 8 });
    expect(targets).toMatchObject([{ refId: 'A', expr: 'load', legendFormat: '{{host}}', range: true }]);
    expect(options.legend).toMatchObject({ displayMode: 'table', sortBy: 'Last *', sortDesc: true });
  });

  it('shows no limits that nobody gave', () => {
    expect(colours(made().fieldConfig.defaults.thresholds)).toEqual([[null, 'text']]);
    expect(made().fieldConfig.defaults.custom.thresholdsStyle).toBeUndefined();
  });

  it('has limits above, as lines', () => {
    const { thresholds, custom } = made({ limits: { attention: 60, wrong: 90 } }).fieldConfig.defaults;
    expect(colours(thresholds)).toEqual([
      [null, 'green'],
      [60, 'orange'],
      [90, 'red'],
    ]);
    expect(custom.thresholdsStyle.mode).toBe('dashed');
  });

  it('has limits below', () => {
    const { thresholds } = made({ limits: { attention: 3, wrong: 2 } }).fieldConfig.defaults;
    expect(colours(thresholds)).toEqual([
      [null, 'red'],
      [2, 'orange'],
      [3, 'green'],
    ]);
  });
});

describe('a number', () => {
  it('is the last value', () => {
    const { type, gridPos, options } = made({ kind: 'number' });
    expect([type, gridPos.w, gridPos.h]).toEqual(['stat', 4, 4]);
    expect(options.reduceOptions.calcs).toEqual(['lastNotNull']);
    expect([options.colorMode, options.graphMode]).toEqual(['none', 'area']);
  });

  it('may have texts, in the colour of what they mean', () => {
    const texts = { 0: { text: 'No', good: false }, 1: { text: 'Yes', good: true } };
    const { options, fieldConfig } = made({ kind: 'number', texts });
    expect([options.colorMode, options.graphMode]).toEqual(['value', 'none']);
    expect(fieldConfig.defaults.mappings).toEqual([
      {
        type: 'value',
        options: { 0: { text: 'No', color: 'red', index: 0 }, 1: { text: 'Yes', color: 'green', index: 1 } },
      },
    ]);
  });
});

describe('a table', () => {
  const { type, targets, transformations, options, fieldConfig } = made({
    kind: 'table',
    unit: Short,
    queries: [
      { expr: 'failures', legend: 'Failures', limits: { attention: 1, wrong: 3 } },
      { expr: 'age', legend: 'Age', unit: Seconds },
    ],
    largestFirst: 'Failures',
  });
  const [merge, organize] = transformations;

  it('asks for the present, and has a row a series', () => {
    expect(type).toBe('table');
    expect(targets).toMatchObject([
      { refId: 'A', instant: true, format: 'table' },
      { refId: 'B', instant: true, format: 'table' },
    ]);
    expect(merge.id).toBe('merge');
  });

  it('names its columns, labels first', () => {
    const { renameByName, indexByName, excludeByName } = organize.options;
    expect(renameByName).toMatchObject({ source: 'Source', 'Value #A': 'Failures', 'Value #B': 'Age' });
    expect(indexByName.source).toBeLessThan(indexByName['Value #A']);
    expect(excludeByName).toMatchObject({ Time: true, job: true });
  });

  it('has units and limits by column, and sorts', () => {
    expect(options.sortBy).toEqual([{ displayName: 'Failures', desc: true }]);
    const properties = Object.fromEntries(
      fieldConfig.overrides.map(
        ({ matcher, properties }: { matcher: { options: string }; properties: { id: string; value: unknown }[] }) => [
          matcher.options,
          Object.fromEntries(properties.map(({ id, value }) => [id, value])),
        ],
      ),
    );
    expect(properties).toMatchObject({ Failures: { unit: 'short' }, Age: { unit: 's' } });
    expect(properties.Failures['custom.cellOptions']).toEqual({ type: 'color-text' });
    expect(properties.Age['custom.cellOptions']).toBeUndefined();
  });

  it('of one query has a value without a letter', () => {
    const [only, ...more] = made({ kind: 'table', queries: [{ expr: 'age', legend: 'Age' }] }).transformations;
    expect(more).toEqual([]);
    expect(only.options.renameByName.Value).toBe('Age');
  });
});
