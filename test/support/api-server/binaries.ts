// Finds kube-apiserver and etcd, or gets them: from $KUBEBUILDER_ASSETS, PATH, the cache, the archives of envtest, or Go.
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ensureInstalled } from '../../../local/cache.ts';
import { Child } from '../../../local/child.ts';
import { DownloadError } from '../../../local/download.ts';
import {
  type Environment,
  findOnPath,
  isAtLeast,
  isExecutable,
  type Progress,
  readVersion,
  ToolFailedError,
} from '../../../local/tool.ts';
import { fetchEnvtest } from './envtest-release.ts';

/** The version that go.mod pins for the build. */
export const KUBERNETES_VERSION = '1.34.4';
const MINIMUM_KUBERNETES = '1.33.0';
const MINIMUM_ETCD = '3.5.0';
const BUILD_TIMEOUT_MS = 14 * 60_000;
const ANNOUNCE_EVERY_MS = 30_000;
const MODULE_DIRECTORY = new URL('module/', import.meta.url).pathname;
/** Without optimisation: tests wait for the build longer than for the servers. */
const COMPILER_FLAGS = 'all=-N -l';
/** Without symbols; a kube-apiserver that was not told its version claims to be v0.0.0. */
const LINKER_FLAGS = `-s -w -X k8s.io/component-base/version.gitVersion=v${KUBERNETES_VERSION}`;
const PROGRAMS = { 'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver', etcd: 'go.etcd.io/etcd/server/v3' };

/** The two servers on this machine. */
export interface ApiServerBinaries {
  readonly apiServer: string;
  readonly etcd: string;
  /** `$KUBEBUILDER_ASSETS`, `PATH`, `cache`, `release archive` or `go build`. */
  readonly origin: string;
}

export interface FindApiServerOptions {
  readonly cacheDirectory: string;
  readonly progress: Progress;
  /** @default the environment of this process */
  readonly env?: Environment;
  /** Ends a build. @default never */
  readonly signal?: AbortSignal;
  /** The index of the archives. @default the project's */
  readonly releasesUrl?: string;
}

/** No API server that would do, and no way to get one. */
export class ApiServerNotFoundError extends Error {
  override readonly name = 'ApiServerNotFoundError';
}

/** @throws {ApiServerNotFoundError} saying what was tried and what to do */
export async function findApiServer(options: FindApiServerOptions): Promise<ApiServerBinaries> {
  const { env = process.env, cacheDirectory, progress } = options;
  if (env.KUBEBUILDER_ASSETS) {
    const folder = resolve(env.KUBEBUILDER_ASSETS);
    const named = await check(join(folder, 'kube-apiserver'), join(folder, 'etcd'), '$KUBEBUILDER_ASSETS', env);
    if (named) return named;
    throw new ApiServerNotFoundError(
      `KUBEBUILDER_ASSETS names ${folder}, which has no kube-apiserver ${MINIMUM_KUBERNETES} and etcd ${MINIMUM_ETCD} ` +
        'or newer that run: correct it, or unset it to have them found',
    );
  }
  for (const apiServer of await findOnPath('kube-apiserver', env)) {
    for (const etcd of await findOnPath('etcd', env)) {
      const found = await check(apiServer, etcd, 'PATH', env);
      if (found) return found;
    }
  }
  const path = resolve(cacheDirectory, 'bin', `api-server-${KUBERNETES_VERSION}`);
  let origin = 'cache';
  return ensureInstalled({
    path,
    progress,
    find: () => check(join(path, 'kube-apiserver'), join(path, 'etcd'), origin, env),
    install: async (folder) => {
      origin = await install(folder, { ...options, env });
      return join(folder, 'made');
    },
  });
}

async function check(
  apiServer: string,
  etcd: string,
  origin: string,
  env: Environment,
): Promise<ApiServerBinaries | undefined> {
  const fits = async (path: string, minimum: string): Promise<boolean> => {
    const version = (await isExecutable(path)) ? await readVersion(path, env) : undefined;
    return version !== undefined && isAtLeast(version, minimum);
  };
  const [one, other] = await Promise.all([fits(apiServer, MINIMUM_KUBERNETES), fits(etcd, MINIMUM_ETCD)]);
  return one && other ? { apiServer, etcd, origin } : undefined;
}

/** Puts both into the folder `made`. @returns where they come from */
async function install(folder: string, options: FindApiServerOptions & { readonly env: Environment }): Promise<string> {
  const made = join(folder, 'made');
  await mkdir(made);
  const { env, progress, releasesUrl } = options;
  let refusal: string;
  try {
    await fetchEnvtest({ folder: made, env, progress, ...(releasesUrl !== undefined && { releasesUrl }) });
    return 'release archive';
  } catch (error) {
    if (!(error instanceof DownloadError || error instanceof ToolFailedError)) throw error;
    refusal = error.message;
    progress(refusal);
  }
  try {
    await build(made, options);
    return 'go build';
  } catch (error) {
    if (!(error instanceof ToolFailedError)) throw error;
    throw new ApiServerNotFoundError(
      `there is no usable kube-apiserver: none on PATH; ${refusal}; ${error.message}. To go on, set KUBEBUILDER_ASSETS to ` +
        'a folder with kube-apiserver and etcd, or install Go so that they can be built',
      { cause: error },
    );
  }
}

/** Builds both at a low priority: tests that need no API server run meanwhile. */
async function build(folder: string, options: FindApiServerOptions & { readonly env: Environment }): Promise<void> {
  const { env, progress, signal } = options;
  const [go] = await findOnPath('go', env);
  if (go === undefined) throw new ToolFailedError('go is not on PATH, so kube-apiserver cannot be built');
  const [nice] = await findOnPath('nice', env);
  const what = `building kube-apiserver ${KUBERNETES_VERSION} and etcd with Go, which takes some minutes the first time`;
  progress(what);
  const startedAt = performance.now();
  for (const [name, main] of Object.entries(PROGRAMS)) {
    const flags = ['-trimpath', '-gcflags', COMPILER_FLAGS, '-ldflags', LINKER_FLAGS];
    const command = [go, 'build', ...flags, '-o', join(folder, name), main];
    if (nice !== undefined) command.unshift(nice, '-n', '10');
    const child = new Child({
      name: 'go build',
      command: command[0] as string,
      args: command.slice(1),
      workingDirectory: MODULE_DIRECTORY,
      environment: { ...defined(env), CGO_ENABLED: '0', GOGC: '400', GOFLAGS: '-mod=readonly -buildvcs=false' },
      logFile: join(folder, '..', `${name}.log`),
    });
    const announcer = setInterval(
      () => progress(`${what} (${Math.round((performance.now() - startedAt) / 1_000)} s)`),
      ANNOUNCE_EVERY_MS,
    );
    const timer = setTimeout(() => child.kill('SIGTERM'), BUILD_TIMEOUT_MS);
    const end = (): void => child.kill('SIGTERM');
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    const { code, signal: killedBy } = await child.exited;
    clearInterval(announcer);
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    if (code !== 0) {
      throw new ToolFailedError(`go build of ${name} ended with ${code ?? killedBy}: ${child.lastLines(5)}`);
    }
  }
  progress(`built kube-apiserver and etcd in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
}

const defined = (env: Environment): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
