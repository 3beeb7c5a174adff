// What Prometheus measures, and by which labels it knows it: the same whoever configures the scrape.
import { OPERATOR, ROLE_DEFAULTS } from '../../workers/contract/roles.ts';
import type { ScrapeLabel } from '../../workers/contract/scrape.ts';
import type { ComponentProps } from '../component.ts';
import { COMPONENT_LABEL, NAME_LABEL, PART_OF_LABEL } from '../names.ts';

/** Name of the port, in every pod that tells something. */
export const METRICS_PORT_NAME = 'http';
export const SCRAPE_INTERVAL = '15s';
/** Under the interval, which Prometheus insists on. */
export const SCRAPE_TIMEOUT = '10s';

/** Components whose pods serve /metrics. All roles: a NewsSource brings pods that the definition knows nothing of. */
export const MEASURED_COMPONENTS: readonly string[] = [...Object.keys(ROLE_DEFAULTS), OPERATOR];

/** A workload whose pods serve /metrics. */
export interface MeasuredWorkload {
  readonly name: string;
  readonly role: string;
}

/** The workloads of a definition whose pods serve /metrics. */
export const measuredWorkloads = ({
  topology,
  settings,
}: Pick<ComponentProps, 'topology' | 'settings'>): MeasuredWorkload[] => [
  ...topology.workers.map(({ name, role }) => ({ name, role })),
  ...(settings.scaling === 'operator' ? [{ name: OPERATOR, role: OPERATOR }] : []),
];

/** A step of relabelling, in the words of the Prometheus operator; Prometheus itself has an underscore for a capital. */
export interface RelabelStep {
  readonly action?: 'keep' | 'drop' | 'labeldrop';
  readonly sourceLabels?: readonly string[];
  readonly regex?: string;
  readonly targetLabel?: ScrapeLabel;
  readonly replacement?: string;
}

/** The label of Prometheus' discovery for one of a pod. */
export const podLabel = (name: string): string =>
  `__meta_kubernetes_pod_label_${name.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`;

/** Keeps the ports of pods that tell something. What has ended stays in the API for a while, and would be down all that time. */
export const TARGETS: readonly RelabelStep[] = [
  { action: 'drop', sourceLabels: ['__meta_kubernetes_pod_phase'], regex: 'Succeeded|Failed' },
  { action: 'keep', sourceLabels: [podLabel(PART_OF_LABEL)], regex: 'newsjet' },
  { action: 'keep', sourceLabels: [podLabel(COMPONENT_LABEL)], regex: MEASURED_COMPONENTS.join('|') },
  { action: 'keep', sourceLabels: ['__meta_kubernetes_pod_container_port_name'], regex: METRICS_PORT_NAME },
];

/** Names a target: which worker it is, what that does, and which of its pods. */
export const TARGET_LABELS: readonly RelabelStep[] = [
  { sourceLabels: [podLabel(NAME_LABEL)], targetLabel: 'worker' },
  { sourceLabels: [podLabel(COMPONENT_LABEL)], targetLabel: 'role' },
  { sourceLabels: ['__meta_kubernetes_pod_name'], targetLabel: 'instance' },
];

/** A worker says its name, too: what Kubernetes says of a pod counts, and of two equal labels one is left. */
export const SAMPLES: readonly RelabelStep[] = [{ action: 'labeldrop', regex: 'exported_worker' }];
