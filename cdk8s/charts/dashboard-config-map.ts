// A dashboard as an object of the cluster: one each, for together they are larger than one object may be.
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';

/** A dashboard of Grafana. */
export interface Dashboard {
  /** Lower-case letters, digits and dashes. */
  readonly uid: string;
  readonly title: string;
  /** In Grafana's own form, with its uid and title. */
  readonly json: unknown;
}

export const dashboardName = (uid: string): string => `grafana-dashboard-${uid}`;
export const dashboardFile = (uid: string): string => `${uid}.json`;

export class DashboardConfigMap extends k8s.KubeConfigMap {
  /** @param labels that somebody finds it by. @default the chart's alone */
  constructor(scope: Construct, id: string, { uid, json }: Dashboard, labels?: Readonly<Record<string, string>>) {
    super(scope, id, {
      metadata: { name: dashboardName(uid), ...(labels ? { labels: { ...labels } } : {}) },
      data: { [dashboardFile(uid)]: `${JSON.stringify(json, null, 2)}\n` },
    });
  }
}
