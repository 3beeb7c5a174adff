// Starts Prometheus, waits until it answers, keeps it running, and stops it.
import { readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { PrometheusBinaries } from './prometheus.ts';
import type { PrometheusConfiguration } from './prometheus-configuration.ts';
import { Supervised } from './supervisor.ts';
import { GiveUpError, WaitTimeoutError, waitFor } from './wait.ts';

export interface StartPrometheusOptions {
  readonly executable: Pick<PrometheusBinaries, 'prometheus' | 'webAssets'>;
  readonly configuration: PrometheusConfiguration;
  /** Holds the configuration as a file, and in `data` what was measured. */
  readonly dataDirectory: string;
  /** Port of 127.0.0.1 to listen on. */
  readonly port: number;
  /** What it prints is appended to it. */
  readonly logFile: string;
  /** Told when its process has ended, and when it was started again. @default nobody */
  readonly onChange?: () => void;
}

/** A Prometheus that answers. */
export interface RunningPrometheus {
  /** Such as `http://localhost:9090/`. */
  readonly url: string;
  readonly process: Supervised;
  stop(): Promise<void>;
}

/** Prometheus did not start; the message ends with what it printed. */
export class PrometheusStartError extends GiveUpError {
  override readonly name = 'PrometheusStartError';
}

const START_TIMEOUT_MS = 30_000;
const STOP_GRACE_MS = 10_000;
/** Some hours are what people look back at; whichever limit is reached first. */
const RETENTION = { time: '6h', size: '256MB' };

/**
 * Starts it; one that ends later is started again.
 * @throws {PrometheusStartError} when it ends instead, for the configuration is wrong or the port taken, or does not get ready
 */
export async function startPrometheus(options: StartPrometheusOptions): Promise<RunningPrometheus> {
  const { executable, configuration, dataDirectory, port, logFile, onChange } = options;
  const file = join(dataDirectory, 'prometheus.yaml');
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
  await writeFile(file, stringify(configuration), { mode: 0o600 });
  const logStart = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const address = `127.0.0.1:${port}`;
  const process = new Supervised(
    {
      name: 'prometheus',
      command: executable.prometheus,
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(dataDirectory, 'data')}`,
        `--storage.tsdb.retention.time=${RETENTION.time}`,
        `--storage.tsdb.retention.size=${RETENTION.size}`,
        `--web.listen-address=${address}`,
        ...(executable.webAssets === undefined ? [] : [`--web.local-assets=${executable.webAssets}`]),
        '--log.level=warn',
      ],
      logFile,
    },
    () => onChange?.(),
  );
  const said = (): string => readFileSync(logFile, 'utf8').slice(logStart).trim().split('\n').slice(-5).join('\n');
  try {
    await waitFor('Prometheus is ready', START_TIMEOUT_MS, async () => {
      if (process.failures > 0) throw new PrometheusStartError(`Prometheus ended while starting; it said:\n${said()}`);
      return (await fetch(`http://${address}/-/ready`)).ok;
    });
  } catch (error) {
    await process.stop(STOP_GRACE_MS);
    if (!(error instanceof WaitTimeoutError)) throw error;
    throw new PrometheusStartError(`${error.message}; it said:\n${said()}`, { cause: error });
  }
  return { url: `http://localhost:${port}/`, process, stop: () => process.stop(STOP_GRACE_MS) };
}
