// A real Prometheus for tests: scrapes what it is told, answers queries, and is gone afterwards; and promtool.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePorts } from '../../local/ports.ts';
import { findPrometheus } from '../../local/prometheus.ts';
import {
  type PrometheusConfiguration,
  type ScrapeTarget,
  scrapeConfiguration,
} from '../../local/prometheus-configuration.ts';
import { type RunningPrometheus, startPrometheus } from '../../local/prometheus-server.ts';
import { runTool } from '../../local/tool.ts';
import { waitFor } from '../../local/wait.ts';
import { CACHE_DIRECTORY } from './paths.ts';

const INTERVAL_MS = 250;
const UP_TIMEOUT_MS = 60_000;

/** Whom it scrapes; either of the two. */
export type TestPrometheusOptions = {
  /** Files of rules, each as text or as the object to be written. @default none */
  readonly rules?: readonly (string | object)[];
} & (
  | {
      readonly targets: readonly ScrapeTarget[];
      /** @default 250 ms */
      readonly intervalMs?: number;
    }
  | { readonly configuration: PrometheusConfiguration }
);

/** One series of an answer. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of time; of an instant vector or a scalar, one. */
  readonly points: readonly { readonly timeMs: number; readonly value: number }[];
  /** The last point's. */
  readonly value: number;
}

/** Prometheus refused a query; the message is its own, and names the query. */
export class PrometheusQueryError extends Error {
  override readonly name = 'PrometheusQueryError';
}

type Sample = readonly [seconds: number, value: string];
interface Answer {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly data?: ScalarData | SeriesData;
}
interface ScalarData {
  readonly resultType: 'scalar' | 'string';
  readonly result: Sample;
}
interface SeriesData {
  readonly resultType: 'vector' | 'matrix';
  readonly result: readonly { metric: Record<string, string>; value?: Sample; values?: readonly Sample[] }[];
}

const isScalar = (data: ScalarData | SeriesData): data is ScalarData =>
  data.resultType === 'scalar' || data.resultType === 'string';

/** Starts one on a free port, with a folder of its own. @throws {PrometheusNotFoundError} {PrometheusStartError} */
export async function testPrometheus(options: TestPrometheusOptions): Promise<TestPrometheus> {
  const executable = await findPrometheus({ cacheDirectory: CACHE_DIRECTORY, progress: () => {} });
  const directory = await mkdtemp(join(tmpdir(), 'newsjet-prometheus-'));
  try {
    const ruleFiles = await writeRules(directory, options.rules ?? []);
    const configuration =
      'configuration' in options ? options.configuration : scrapeConfiguration({ intervalMs: INTERVAL_MS, ...options });
    const server = await startPrometheus({
      executable,
      configuration: { ...configuration, rule_files: [...(configuration.rule_files ?? []), ...ruleFiles] },
      dataDirectory: directory,
      port: (await freePorts(1))[0] as number,
      logFile: join(directory, 'prometheus.log'),
    });
    return new TestPrometheus(server, directory);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function writeRules(directory: string, rules: readonly (string | object)[]): Promise<string[]> {
  return Promise.all(
    rules.map(async (content, index) => {
      const file = join(directory, `rules-${index}.yaml`);
      await writeFile(file, typeof content === 'string' ? content : stringify(content));
      return file;
    }),
  );
}

/** A Prometheus under test. */
export class TestPrometheus {
  /** Such as `http://localhost:40001/`. */
  readonly url: string;
  /** Its configuration is `prometheus.yaml` in it. */
  readonly directory: string;
  readonly #server: RunningPrometheus;

  constructor(server: RunningPrometheus, directory: string) {
    this.#server = server;
    this.url = server.url;
    this.directory = directory;
  }

  /**
   * Evaluates an expression of any type.
   * @param atMs the time to evaluate it at. @default the present
   * @throws {PrometheusQueryError}
   */
  async query(promql: string, atMs?: number): Promise<Series[]> {
    return this.#ask('query', promql, atMs === undefined ? {} : { time: String(atMs / 1_000) });
  }

  /** Evaluates an expression again and again, as a panel does. @throws {PrometheusQueryError} */
  async queryRange(
    promql: string,
    { fromMs, toMs, stepMs }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
  ): Promise<Series[]> {
    const [start, end, step] = [fromMs, toMs, stepMs].map((ms) => String(ms / 1_000)) as [string, string, string];
    return this.#ask('query_range', promql, { start, end, step });
  }

  /** Waits until an expression has a result, and returns it. @throws {WaitTimeoutError} */
  async untilAny(promql: string, timeoutMs = UP_TIMEOUT_MS): Promise<Series[]> {
    return waitFor(`a result of ${promql}`, timeoutMs, async () => {
      const series = await this.query(promql);
      return series.length > 0 && series;
    });
  }

  /** Waits until it has scraped this many targets, and none is down; it takes notice of targets some seconds after its start. */
  async untilUp(targets: number, timeoutMs = UP_TIMEOUT_MS): Promise<void> {
    await waitFor(`${targets} targets are up`, timeoutMs, async () => {
      const series = await this.query('up');
      return series.length === targets && series.every(({ value }) => value === 1);
    });
  }

  /** Stops it and removes its folder. */
  async stop(): Promise<void> {
    await this.#server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #ask(endpoint: string, query: string, parameters: Record<string, string>): Promise<Series[]> {
    const body = new URLSearchParams({ query, ...parameters });
    const response = await fetch(`${this.url}api/v1/${endpoint}`, { method: 'POST', body });
    const text = await response.text();
    // What is no answer of the API, such as that of a server that is stopping, is no JSON either.
    const answer: Answer = text.startsWith('{') ? JSON.parse(text) : { status: 'error', error: text };
    if (answer.status === 'error' || answer.data === undefined) {
      throw new PrometheusQueryError(`${answer.error ?? `status ${response.status}`}; the query was: ${query}`);
    }
    return toSeries(answer.data);
  }
}

function toSeries(data: ScalarData | SeriesData): Series[] {
  if (isScalar(data)) return [series({}, [data.result])];
  return data.result.map(({ metric, value, values }) => series(metric, values ?? (value ? [value] : [])));
}

function series(labels: Record<string, string>, samples: readonly Sample[]): Series {
  const points = samples.map(([seconds, value]) => ({ timeMs: seconds * 1_000, value: parseValue(value) }));
  return { labels, points, value: points.at(-1)?.value ?? Number.NaN };
}

const parseValue = (text: string): number => Number(text.replace(/^([+-]?)Inf$/, '$1Infinity'));

/**
 * Runs promtool, for example `promtool(['test', 'rules', file])`.
 * @returns what it printed
 * @throws {ToolFailedError} with the end of what it printed when it does not agree
 */
export async function promtool(args: readonly string[], directory?: string): Promise<string> {
  const { promtool: path } = await findPrometheus({ cacheDirectory: CACHE_DIRECTORY, progress: () => {} });
  return runTool(path, args, { env: process.env, ...(directory === undefined ? {} : { directory }) });
}
