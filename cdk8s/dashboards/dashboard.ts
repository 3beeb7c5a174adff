// Dashboards: rows of panels, and what all of them have in common.
import * as grafana from '@grafana/grafana-foundation-sdk/dashboard';
import type { Topology } from '../../workers/contract/topology.ts';
import type { Dashboard } from '../charts/dashboard-config-map.ts';
import type { CertificateIssuer, Scaler } from '../settings.ts';
import { DATA_SOURCE } from './data-source.ts';
import { panel } from './panel.ts';
import type { PanelSpec } from './panel-spec.ts';

/** What dashboards are made from. */
export interface DashboardProps {
  readonly topology: Topology;
  readonly settings: { readonly scaling: Scaler; readonly certificates: CertificateIssuer };
}

export interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

export interface DashboardSpec {
  /** Lower-case letters, digits and dashes; part of its address. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly RowSpec[];
}

const TAG = 'newsjet';

/** Makes a dashboard, which nobody can change in Grafana: it is changed here. */
export function dashboard({ uid, title, description, rows }: DashboardSpec): Dashboard {
  const builder = new grafana.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .readonly()
    .refresh('15s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .tooltip(grafana.DashboardCursorSync.Crosshair)
    .link(
      new grafana.DashboardLinkBuilder('Newsjet')
        .type(grafana.DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    )
    .annotation(
      new grafana.AnnotationQueryBuilder()
        .name('Alerts')
        .datasource(DATA_SOURCE)
        .enable(true)
        .iconColor('red')
        .expr('ALERTS{alertstate="firing", severity!="info"}')
        .step('60s')
        .titleFormat('{{alertname}}')
        .textFormat('{{worker}} {{source}} {{stream}} {{consumer}}'),
    );
  // Part of a panel's address; 0 is none.
  let id = 1;
  for (const row of rows) {
    builder.withRow(new grafana.RowBuilder(row.title).id(id++));
    for (const spec of row.panels) builder.withPanel(panel(spec, id++));
  }
  return { uid, title, json: builder.build() };
}
