// Prometheus in a run: it scrapes every worker, where it can be had; where not, the run goes on without.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPort, freePorts, PortTakenError } from './ports.ts';
import type { PrometheusBinaries } from './prometheus.ts';
import { type ScrapeTarget, scrapeConfiguration } from './prometheus-configuration.ts';
import { PrometheusStartError, type RunningPrometheus, startPrometheus } from './prometheus-server.ts';
import type { Progress } from './tool.ts';

export interface RunPrometheusOptions {
  readonly executable: PrometheusBinaries;
  readonly targets: readonly ScrapeTarget[];
  /** Its port, unless that is taken or 0: then any that is free. */
  readonly port: number;
  /** Rules, as the text of a file of them. @default none */
  readonly rules?: string;
  /** State of the run; `prometheus` in it is Prometheus' own. */
  readonly stateDirectory: string;
  readonly progress: Progress;
  readonly onChange: () => void;
}

/** @returns undefined when it does not start; why was told */
export async function runPrometheus(options: RunPrometheusOptions): Promise<RunningPrometheus | undefined> {
  const { executable, targets, rules, stateDirectory, progress, onChange } = options;
  const dataDirectory = join(stateDirectory, 'prometheus');
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  const ruleFile = join(dataDirectory, 'rules.yaml');
  if (rules !== undefined) await writeFile(ruleFile, rules);
  try {
    const prometheus = await startPrometheus({
      executable,
      configuration: scrapeConfiguration({ targets, ruleFiles: rules === undefined ? [] : [ruleFile] }),
      dataDirectory,
      port: await choosePort(options),
      logFile: join(stateDirectory, 'logs', 'prometheus.log'),
      onChange,
    });
    progress(`Prometheus ${executable.version} scrapes ${targets.length} workers`);
    return prometheus;
  } catch (error) {
    if (!(error instanceof PrometheusStartError)) throw error;
    progress(`without Prometheus: ${error.message}`);
    return undefined;
  }
}

/** Of many things that may listen on its usual port, none is a reason not to run. */
async function choosePort({ port, progress }: RunPrometheusOptions): Promise<number> {
  try {
    if (port !== 0) await checkPort(port, 'Prometheus', 'PROMETHEUS_PORT');
    if (port !== 0) return port;
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    progress(`port ${port} is taken by another process, so Prometheus has another (PROMETHEUS_PORT chooses)`);
  }
  return (await freePorts(1))[0] as number;
}
