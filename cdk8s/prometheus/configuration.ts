// The configuration of Prometheus of our own, as its file says it. Pure.
import { stringify } from 'yaml';
import { SCRAPE_JOB } from '../../workers/contract/scrape.ts';
import type { ComponentProps } from '../component.ts';
import { PROMETHEUS, PROMETHEUS_PORT } from '../names.ts';
import { podDiscovery } from './discovery.ts';
import { type RelabelStep, SAMPLES, SCRAPE_INTERVAL, SCRAPE_TIMEOUT } from './targets.ts';

export interface ConfigurationOptions extends Pick<ComponentProps, 'topology' | 'settings'> {
  /** Pattern of the paths of rule files. */
  readonly ruleFiles: string;
}

/** Renders the file that `--config.file` names; versions 2.42 and 3 read it alike. */
export function renderConfiguration({ topology, settings, ruleFiles }: ConfigurationOptions): string {
  const { alertmanager } = settings;
  const { configs, relabelling } = podDiscovery({ topology, settings });
  return stringify({
    global: {
      scrape_interval: SCRAPE_INTERVAL,
      scrape_timeout: SCRAPE_TIMEOUT,
      evaluation_interval: SCRAPE_INTERVAL,
    },
    rule_files: [ruleFiles],
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
    scrape_configs: [
      {
        job_name: SCRAPE_JOB,
        ...configs,
        relabel_configs: relabelling.map(relabelConfig),
        metric_relabel_configs: SAMPLES.map(relabelConfig),
      },
      {
        job_name: PROMETHEUS,
        static_configs: [{ targets: [`localhost:${PROMETHEUS_PORT}`], labels: { instance: PROMETHEUS } }],
      },
    ],
  });
}

const relabelConfig = (step: RelabelStep): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(step).map(([key, value]) => [key.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
  );
