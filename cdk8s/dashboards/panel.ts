// Panels, said by what they show; how Grafana wants to hear it is known here alone.
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import type { Vector } from '../rules/vector.ts';
import { DATA_SOURCE } from './data-source.ts';

/** What a panel asks Prometheus. */
export interface Query {
  readonly expr: Vector<never> | Vector<string> | string;
  /** Name of each series: a text with `{{label}}` in it. */
  readonly legend: string;
}

export interface PanelSpec {
  /** `graph`: lines over time. `number`: the latest value, with its past behind it. `table`: the latest values, a row each. */
  readonly kind: 'graph' | 'number' | 'table';
  readonly title: string;
  /** What it shows and what to make of it; behind the i of the panel. */
  readonly description: string;
  /** One of the SDK's units. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Of 24 columns. @default 4 for a number, 12 for anything else */
  readonly width?: number;
  /** Adds series up instead of laying them over each other. @default false */
  readonly stacked?: boolean;
  /** Values from which on something wants attention, and is wrong. @default nothing is coloured */
  readonly limits?: { readonly attention: number; readonly wrong: number };
  /** What stands for a value, such as `Yes` for 1. @default the value */
  readonly texts?: Readonly<Record<string, string>>;
}

/** Rows of the grid that panels take. */
const HEIGHT = { graph: 8, number: 4, table: 8 } as const;
const WIDTH = { graph: 12, number: 4, table: 12 } as const;

/** Makes a panel. */
export function panel(spec: PanelSpec): cog.Builder<grafana.Panel> {
  const { kind, title, description, unit, queries, texts } = spec;
  const builder = builderOf(spec)
    .title(title)
    .description(description)
    .datasource(DATA_SOURCE)
    .unit(unit)
    .span(spec.width ?? WIDTH[kind])
    .height(HEIGHT[kind]);
  for (const [index, query] of queries.entries()) builder.withTarget(target(query, index, kind));
  if (texts) builder.mappings([{ type: grafana.MappingType.ValueToText, options: mapping(texts) }]);
  return builder;
}

/** The SDK's builders have these in common without saying so. */
type AnyPanelBuilder = timeseries.PanelBuilder | stat.PanelBuilder | table.PanelBuilder;

function builderOf(spec: PanelSpec): AnyPanelBuilder {
  switch (spec.kind) {
    case 'graph':
      return graph(spec);
    case 'number':
      return new stat.PanelBuilder()
        .graphMode(common.BigValueGraphMode.Area)
        .colorMode(spec.limits ? common.BigValueColorMode.Value : common.BigValueColorMode.None)
        .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']))
        .thresholds(thresholds(spec));
    case 'table':
      return new table.PanelBuilder().thresholds(thresholds(spec)).transformations(oneRowASeries(spec));
  }
}

function graph(spec: PanelSpec): timeseries.PanelBuilder {
  const builder = new timeseries.PanelBuilder()
    .min(0)
    .lineWidth(1)
    .fillOpacity(spec.stacked ? 30 : 8)
    .showPoints(common.VisibilityMode.Never)
    .thresholds(thresholds(spec))
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max'])
        .showLegend(true),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (spec.stacked) builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  if (spec.limits) {
    const style = new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed);
    builder.thresholdsStyle(style);
  }
  return builder;
}

function target({ expr, legend }: Query, index: number, kind: PanelSpec['kind']): prometheus.DataqueryBuilder {
  const query = new prometheus.DataqueryBuilder()
    .datasource(DATA_SOURCE)
    .refId(String.fromCharCode(65 + index))
    .expr(String(expr))
    .legendFormat(legend);
  return kind === 'table' ? query.instant().format(prometheus.PromQueryFormat.Table) : query.range();
}

function thresholds({ limits }: PanelSpec): grafana.ThresholdsConfigBuilder {
  const steps: grafana.Threshold[] = [{ value: null, color: limits ? 'green' : 'text' }];
  if (limits) steps.push({ value: limits.attention, color: 'orange' }, { value: limits.wrong, color: 'red' });
  return new grafana.ThresholdsConfigBuilder().mode(grafana.ThresholdsMode.Absolute).steps(steps);
}

/** Leaves out what every row has, and gives the value the panel's name. */
function oneRowASeries({ title, queries }: PanelSpec): grafana.DataTransformerConfig[] {
  const excluded = ['Time', '__name__', 'job', 'instance', 'role'].map((name) => [name, true]);
  const merged = queries.length > 1;
  const names = merged
    ? queries.map(({ legend }, index) => [`Value #${String.fromCharCode(65 + index)}`, legend])
    : [['Value', queries[0]?.legend ?? title]];
  return [
    ...(merged ? [{ id: 'merge', options: {} }] : []),
    {
      id: 'organize',
      options: { excludeByName: Object.fromEntries(excluded), renameByName: Object.fromEntries(names) },
    },
  ];
}

const mapping = (texts: Readonly<Record<string, string>>): Record<string, grafana.ValueMappingResult> =>
  Object.fromEntries(Object.entries(texts).map(([value, text], index) => [value, { text, index }]));
