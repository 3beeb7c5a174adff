// The panels of a dashboard as Grafana reads them, for tests.
import type { Dashboard } from '../../charts/dashboard-config-map.ts';

/** A query of a panel. */
export interface PanelQuery {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly instant?: boolean;
  readonly range?: boolean;
}

interface Position {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A panel, or the line above a row of them. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly gridPos: Position;
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly targets: readonly PanelQuery[];
  readonly fieldConfig: { readonly defaults: { readonly unit?: string } };
}

/** Every panel of a dashboard, with the lines above rows among them, from top to bottom. */
export const everythingOn = ({ json }: Pick<Dashboard, 'json'>): Panel[] =>
  (json as { readonly panels: readonly Panel[] }).panels.map((panel) => ({ ...panel, targets: panel.targets ?? [] }));

/** The panels that show something. */
export const panelsOf = (dashboard: Pick<Dashboard, 'json'>): Panel[] =>
  everythingOn(dashboard).filter(({ type }) => type !== 'row');

/** A query, and where it stands. */
export interface PlacedQuery {
  /** Such as `Newsjet: Pipeline / Dead letters / A`. */
  readonly place: string;
  readonly expr: string;
  /** Text that names its series, with `{{label}}` in it. */
  readonly legend: string;
}

/**
 * Lists every query of some dashboards, as Grafana would send it.
 * @param rateInterval what stands for `$__rate_interval`, such as `1m`
 */
export const queriesOf = (
  dashboards: readonly Pick<Dashboard, 'json' | 'title'>[],
  rateInterval: string,
): PlacedQuery[] =>
  dashboards.flatMap((dashboard) =>
    panelsOf(dashboard).flatMap(({ title, targets }) =>
      targets.map(({ refId, expr, legendFormat }) => ({
        place: `${dashboard.title} / ${title} / ${refId}`,
        expr: expr.replaceAll('$__rate_interval', rateInterval),
        legend: legendFormat,
      })),
    ),
  );

/** What is wrong with the answer to a query; undefined when it has finite numbers, each series under a name of its own. */
export function problemOf(
  { legend }: PlacedQuery,
  answer: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[],
): string | undefined {
  if (answer.length === 0) return 'no series';
  if (!answer.some(({ value }) => Number.isFinite(value))) return `no number: ${answer[0]?.value}`;
  const unlabelled = answer.find(({ labels }) => labelsIn(legend).some((label) => !labels[label]));
  if (unlabelled) return `${legend} names labels that are not there: ${JSON.stringify(unlabelled.labels)}`;
  const names = answer.map(({ labels }) => legend.replaceAll(LABEL, (_, label: string) => labels[label] ?? ''));
  const twice = names.find((name, index) => labelsIn(legend).length > 0 && names.indexOf(name) !== index);
  return twice === undefined ? undefined : `two series are called ${twice}`;
}

const LABEL = /\{\{(\w+)\}\}/g;
const labelsIn = (legend: string): string[] => [...legend.matchAll(LABEL)].map(([, label]) => label as string);
