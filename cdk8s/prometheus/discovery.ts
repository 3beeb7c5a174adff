// How Prometheus of our own finds the pods to scrape: two ways that lead to the same labels.
import type { ComponentProps } from '../component.ts';
import { PART_OF_LABEL, WORKER_PORT } from '../names.ts';
import {
  type MeasuredWorkload,
  measuredWorkloads,
  type RelabelStep,
  SCRAPE_INTERVAL,
  TARGET_LABELS,
  TARGETS,
} from './targets.ts';

/** A part of a scrape configuration, and what its targets are made of. */
export interface PodDiscovery {
  readonly configs: Readonly<Record<string, readonly object[]>>;
  readonly relabelling: readonly RelabelStep[];
}

export function podDiscovery(props: Pick<ComponentProps, 'topology' | 'settings'>): PodDiscovery {
  return props.settings.discovery === 'dns' ? byNames(props) : byApiServer(props.settings);
}

/** The headless Service of a workload, whose name stands for the addresses of its pods. */
export const podsService = (workload: string): string => `${workload}-pods`;

/** Finds pods of NewsSources, too, for it asks for labels. */
const byApiServer = ({ namespace }: ComponentProps['settings']): PodDiscovery => ({
  configs: {
    kubernetes_sd_configs: [
      {
        role: 'pod',
        namespaces: { names: [namespace] },
        selectors: [{ role: 'pod', label: `${PART_OF_LABEL}=newsjet` }],
      },
    ],
  },
  relabelling: [...TARGETS, ...TARGET_LABELS],
});

/** The definition's workloads alone; `instance` is the address. */
function byNames({ topology, settings }: Pick<ComponentProps, 'topology' | 'settings'>): PodDiscovery {
  const workloads = measuredWorkloads({ topology, settings });
  const domain = `${settings.namespace}.svc.${settings.clusterDomain}`;
  const names = workloads.map(({ name }) => `${podsService(name)}.${domain}`);
  return {
    configs: { dns_sd_configs: [{ names, type: 'A', port: WORKER_PORT, refresh_interval: SCRAPE_INTERVAL }] },
    relabelling: [
      {
        sourceLabels: ['__meta_dns_name'],
        regex: `${podsService('(.+)')}\\.${domain.replaceAll('.', '\\.')}`,
        targetLabel: 'worker',
        replacement: '$1',
      },
      ...[...byRole(workloads)].map(([role, names]) => ({
        sourceLabels: ['worker'],
        regex: names.join('|'),
        targetLabel: 'role' as const,
        replacement: role,
      })),
    ],
  };
}

function byRole(workloads: readonly MeasuredWorkload[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, role } of workloads) names.set(role, [...(names.get(role) ?? []), name]);
  return names;
}
