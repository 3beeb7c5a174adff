// The configuration of Prometheus of our own, as its file says it. Pure.
import { stringify } from 'yaml';
import { PART_OF_LABEL, PROMETHEUS, PROMETHEUS_PORT } from '../names.ts';
import type { Settings } from '../settings.ts';
import { JOB, type RelabelStep, SAMPLES, SCRAPE_INTERVAL, SCRAPE_TIMEOUT, TARGET_LABELS, TARGETS } from './targets.ts';

export interface ConfigurationOptions {
  readonly settings: Pick<Settings, 'namespace' | 'alertmanager'>;
  /** Pattern of the paths of rule files. */
  readonly ruleFiles: string;
}

/** Renders the file that `--config.file` names; versions 2.42 and 3 read it alike. */
export function renderConfiguration({ settings, ruleFiles }: ConfigurationOptions): string {
  const { namespace, alertmanager } = settings;
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
        job_name: JOB,
        kubernetes_sd_configs: [
          {
            role: 'pod',
            namespaces: { names: [namespace] },
            selectors: [{ role: 'pod', label: `${PART_OF_LABEL}=newsjet` }],
          },
        ],
        relabel_configs: [...TARGETS, ...TARGET_LABELS].map(relabelConfig),
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
