// Finds Prometheus and its promtool: on PATH, in the cache, or wherever they can be had.
import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ensureInstalled } from './cache.ts';
import {
  checkVersion,
  installPrometheus,
  PROGRAMS,
  PROMETHEUS_VERSION,
  RELEASES_URL,
  WEB_ASSETS,
} from './prometheus-install.ts';
import { type Environment, findOnPath, isExecutable, type Progress, ToolFailedError } from './tool.ts';
import { recallUnavailable, rememberUnavailable } from './unavailable.ts';

/** Prometheus on this machine. */
export interface PrometheusBinaries {
  readonly prometheus: string;
  readonly promtool: string;
  /** Such as `2.42.0`. */
  readonly version: string;
  /** Where it comes from: `PATH`, `cache`, `Debian package`, `release archive` or `go install`. */
  readonly origin: string;
  /** The folder of the web page's assets, where they are not built in. */
  readonly webAssets?: string;
}

export interface FindPrometheusOptions {
  /** Folder of what was fetched; both programs are in `bin/prometheus` of it. */
  readonly cacheDirectory: string;
  readonly progress: Progress;
  /** @default the environment of this process */
  readonly env?: Environment;
  /** Address under which `v<version>/<archive>` lies. @default the project's releases on GitHub */
  readonly releasesUrl?: string;
}

/** No Prometheus that would do, and no way to get one. */
export class PrometheusNotFoundError extends Error {
  override readonly name = 'PrometheusNotFoundError';
}

/**
 * Finds Prometheus: PATH, then the cache; else takes Debian's package, the official release, or builds it with Go.
 * @throws {PrometheusNotFoundError} saying what was tried and what to do
 */
export async function findPrometheus(options: FindPrometheusOptions): Promise<PrometheusBinaries> {
  const env = options.env ?? process.env;
  return (await findOnThisPath(options, env)) ?? fromCache(options, { env, build: true });
}

/**
 * Finds Prometheus for a run, which goes on without one: nothing is built, and that there is none is remembered for a day.
 * @returns undefined when there is none; why was told
 */
export async function findPrometheusIfAny(
  options: FindPrometheusOptions & {
    /** @default the present */
    readonly now?: Date;
  },
): Promise<PrometheusBinaries | undefined> {
  const { cacheDirectory, progress, env = process.env, now = new Date() } = options;
  const found = (await findOnThisPath(options, env)) ?? (await readCache(cacheDirectory, env, 'cache'));
  if (found) return found;
  const memory = resolve(cacheDirectory, 'prometheus-unavailable.json');
  const remembered = await recallUnavailable(memory, now);
  if (remembered !== undefined) {
    progress(`without Prometheus, which cannot be had (${remembered}; remembered for a day in ${memory})`);
    return undefined;
  }
  try {
    return await fromCache(options, { env, build: false });
  } catch (error) {
    if (!(error instanceof PrometheusNotFoundError)) throw error;
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    progress('without Prometheus, which cannot be had');
    await rememberUnavailable(memory, reason, now);
    return undefined;
  }
}

async function findOnThisPath(
  { progress }: FindPrometheusOptions,
  env: Environment,
): Promise<PrometheusBinaries | undefined> {
  const promtools = await findOnPath('promtool', env);
  for (const prometheus of await findOnPath('prometheus', env)) {
    const beside = join(dirname(prometheus), 'promtool');
    const promtool = promtools.includes(beside) ? beside : promtools[0];
    try {
      if (promtool === undefined) throw new ToolFailedError(`there is ${prometheus}, but no promtool`);
      return await check(prometheus, promtool, 'PATH', env);
    } catch (error) {
      if (!(error instanceof ToolFailedError)) throw error;
      progress(`${error.message}: skipped`);
    }
  }
  return undefined;
}

async function check(
  prometheus: string,
  promtool: string,
  origin: string,
  env: Environment,
): Promise<PrometheusBinaries> {
  const version = await checkVersion(prometheus, env);
  await checkVersion(promtool, env);
  return { prometheus, promtool, version, origin };
}

const cachePath = (cacheDirectory: string): string => resolve(cacheDirectory, 'bin', 'prometheus');

/** What the cache has, if it is of use. */
async function readCache(
  cacheDirectory: string,
  env: Environment,
  origin: string,
): Promise<PrometheusBinaries | undefined> {
  const path = cachePath(cacheDirectory);
  const [prometheus, promtool] = PROGRAMS.map((name) => join(path, name)) as [string, string];
  if (!(await isExecutable(prometheus)) || !(await isExecutable(promtool))) return undefined;
  try {
    const found = await check(prometheus, promtool, origin, env);
    const webAssets = join(path, WEB_ASSETS);
    return (await exists(webAssets)) ? { ...found, webAssets } : found;
  } catch (error) {
    if (error instanceof ToolFailedError) return undefined;
    throw error;
  }
}

async function fromCache(
  { cacheDirectory, progress, releasesUrl = RELEASES_URL }: FindPrometheusOptions,
  { env, build }: { readonly env: Environment; readonly build: boolean },
): Promise<PrometheusBinaries> {
  let origin = 'cache';
  const install = async (folder: string): Promise<string> => {
    origin = await installPrometheus({ folder, env, progress, releasesUrl, build });
    return join(folder, 'made');
  };
  try {
    const find = () => readCache(cacheDirectory, env, origin);
    return await ensureInstalled({ path: cachePath(cacheDirectory), find, install, progress });
  } catch (cause) {
    if (!(cause instanceof ToolFailedError)) throw cause;
    throw new PrometheusNotFoundError(
      `there is no usable Prometheus: none on PATH; ${cause.message}. ` +
        `To go on, install Prometheus ${PROMETHEUS_VERSION} and put prometheus and promtool on PATH, or install Go so that they can be built`,
      { cause },
    );
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
