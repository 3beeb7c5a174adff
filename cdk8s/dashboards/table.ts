// Tables: a row a series, its labels first and the value of each query in a column of its own.
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import * as table from '@grafana/grafana-foundation-sdk/table';
import { limitSteps, refIdOf, textMappings } from './field.ts';
import type { PanelSpec, Query } from './panel-spec.ts';

/** Headings of the columns of labels. */
const LABELS: Readonly<Record<string, string>> = {
  stream: 'Stream',
  consumer_name: 'Consumer',
  peer: 'Server',
  source: 'Source',
  feed: 'Feed',
  worker: 'Worker',
  version: 'Version',
  node: 'Node',
  secret: 'Secret',
};
const LEFT_OUT = ['Time', '__name__', 'job', 'instance', 'role'];

export function tableBuilder(spec: PanelSpec): table.PanelBuilder {
  const builder = new table.PanelBuilder()
    .colorScheme(new grafana.FieldColorBuilder().mode(grafana.FieldColorModeId.Thresholds))
    .cellHeight(common.TableCellHeight.Sm)
    .transformations(columns(spec));
  for (const query of spec.queries) builder.overrideByName(query.legend, columnProperties(query, spec));
  if (spec.largestFirst !== undefined) {
    builder.sortBy([new common.TableSortByFieldStateBuilder().displayName(spec.largestFirst).desc(true)]);
  }
  return builder;
}

/** One table of all queries, whose rows are known by their labels. */
function columns({ queries }: PanelSpec): grafana.DataTransformerConfig[] {
  const merged = queries.length > 1;
  const values = queries.map(({ legend }, index) => [merged ? `Value #${refIdOf(index)}` : 'Value', legend] as const);
  const names = [...Object.entries(LABELS), ...values];
  const organize = {
    excludeByName: Object.fromEntries(LEFT_OUT.map((name) => [name, true])),
    indexByName: Object.fromEntries(names.map(([name], index) => [name, index])),
    renameByName: Object.fromEntries(names),
  };
  return [...(merged ? [{ id: 'merge', options: {} }] : []), { id: 'organize', options: organize }];
}

function columnProperties(query: Query, spec: PanelSpec): grafana.DynamicConfigValue[] {
  const { unit = spec.unit, limits = spec.limits, texts = spec.texts } = query;
  const coloured = limits !== undefined || texts !== undefined;
  return [
    { id: 'unit', value: unit },
    { id: 'thresholds', value: { mode: grafana.ThresholdsMode.Absolute, steps: limitSteps({ limits }) } },
    ...(texts ? [{ id: 'mappings', value: textMappings(texts) }] : []),
    ...(coloured ? [{ id: 'custom.cellOptions', value: { type: common.TableCellDisplayMode.ColorText } }] : []),
  ];
}
