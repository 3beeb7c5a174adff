// Panels, said by what they show; how Grafana wants to hear it is known here, in table.ts and field.ts alone.
import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { DATA_SOURCE } from './data-source.ts';
import { limitSteps, refIdOf, textMappings } from './field.ts';
import type { PanelSpec, Query } from './panel-spec.ts';
import { tableBuilder } from './table.ts';

/** Rows of the grid that panels take. */
const HEIGHT = { graph: 8, number: 4, table: 8 } as const;
const WIDTH = { graph: 12, number: 4, table: 12 } as const;

/**
 * Makes a panel.
 * @param id its number in the dashboard, from 1 on
 */
export function panel(spec: PanelSpec, id: number): cog.Builder<grafana.Panel> {
  const { kind, title, description, unit, queries, texts } = spec;
  const builder = builderOf(spec)
    .id(id)
    .title(title)
    .description(description)
    .datasource(DATA_SOURCE)
    .unit(unit)
    .span(spec.width ?? WIDTH[kind])
    .height(HEIGHT[kind])
    .thresholds(new grafana.ThresholdsConfigBuilder().mode(grafana.ThresholdsMode.Absolute).steps(limitSteps(spec)));
  for (const [index, query] of queries.entries()) builder.withTarget(target(query, index, kind));
  if (texts) builder.mappings(textMappings(texts));
  return builder;
}

function builderOf(spec: PanelSpec) {
  switch (spec.kind) {
    case 'graph':
      return graph(spec);
    case 'number':
      return number(spec);
    case 'table':
      return tableBuilder(spec);
  }
}

function number({ limits, texts }: PanelSpec): stat.PanelBuilder {
  return new stat.PanelBuilder()
    .graphMode(texts ? common.BigValueGraphMode.None : common.BigValueGraphMode.Area)
    .colorMode(limits || texts ? common.BigValueColorMode.Value : common.BigValueColorMode.None)
    .colorScheme(new grafana.FieldColorBuilder().mode(grafana.FieldColorModeId.Thresholds))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']));
}

function graph({ stacked, limits }: PanelSpec): timeseries.PanelBuilder {
  const builder = new timeseries.PanelBuilder()
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 30 : 8)
    .showPoints(common.VisibilityMode.Never)
    .colorScheme(new grafana.FieldColorBuilder().mode(grafana.FieldColorModeId.PaletteClassic))
    .legend(
      // What matters is on top, however many series are 0.
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(['lastNotNull', 'max'])
        .sortBy('Last *')
        .sortDesc(true)
        .showLegend(true),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    );
  if (stacked) builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  if (limits) {
    const style = new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed);
    builder.thresholdsStyle(style);
  }
  return builder;
}

function target({ expr, legend }: Query, index: number, kind: PanelSpec['kind']): prometheus.DataqueryBuilder {
  const query = new prometheus.DataqueryBuilder()
    .datasource(DATA_SOURCE)
    .refId(refIdOf(index))
    .expr(String(expr))
    .legendFormat(legend);
  return kind === 'table' ? query.instant().format(prometheus.PromQueryFormat.Table) : query.range();
}
