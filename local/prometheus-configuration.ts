// What the local Prometheus is told: whom it scrapes, by which labels, and which rules it evaluates.
import { SCRAPE_JOB, type TargetLabel } from '../workers/contract/scrape.ts';

/** A process that serves `/metrics`. */
export interface ScrapeTarget {
  /** Such as `127.0.0.1:40001`. */
  readonly address: string;
  /** Beside `job`; `instance` is the address unless it is here. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A configuration as Prometheus reads it, before it becomes YAML. */
export interface PrometheusConfiguration {
  readonly global: Readonly<Record<string, string>>;
  readonly rule_files?: readonly string[];
  readonly scrape_configs: readonly Readonly<Record<string, unknown>>[];
}

export interface ScrapeOptions {
  readonly targets: readonly ScrapeTarget[];
  /** How often targets are scraped and rules evaluated. @default 2 seconds */
  readonly intervalMs?: number;
  /** Paths of files of rules. @default none */
  readonly ruleFiles?: readonly string[];
}

const INTERVAL_MS = 2_000;

/** The labels of a worker's metrics, the same as a pod's: `instance` is the replica, such as `news-creator-0`. */
export const workerLabels = (
  worker: { name: string; role: string },
  instance: string,
): Record<TargetLabel, string> => ({
  worker: worker.name,
  role: worker.role,
  instance,
});

/** A configuration that scrapes exactly these targets. */
export function scrapeConfiguration(options: ScrapeOptions): PrometheusConfiguration {
  const { targets, intervalMs = INTERVAL_MS, ruleFiles = [] } = options;
  const interval = `${intervalMs}ms`;
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    ...(ruleFiles.length > 0 ? { rule_files: ruleFiles } : {}),
    scrape_configs: [
      {
        job_name: SCRAPE_JOB,
        static_configs: targets.map(({ address, labels }) => ({ targets: [address], labels })),
      },
    ],
  };
}
