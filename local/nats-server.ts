// Finds a nats-server that is new enough, or gets one.
import { join, resolve } from 'node:path';
import { ensureInstalled } from './cache.ts';
import { DownloadError } from './download.ts';
import { fetchRelease, RELEASES_URL } from './nats-server-release.ts';
import {
  type Environment,
  findOnPath,
  isAtLeast,
  isExecutable,
  type Progress,
  readVersion,
  runTool,
  ToolFailedError,
} from './tool.ts';

/** The version that is built or downloaded when there is none. */
export const NATS_SERVER_VERSION = '2.15.2';
/** The oldest version that schedules messages at an interval. */
export const MINIMUM_NATS_SERVER_VERSION = '2.14.0';

/** A nats-server on this machine. */
export interface NatsServerBinary {
  readonly path: string;
  readonly version: string;
  /** Where it comes from: `$NATS_SERVER`, `PATH`, `cache`, `go install` or `release archive`. */
  readonly origin: string;
}

export interface FindNatsServerOptions {
  /** Folder of what was fetched; the server is `bin/nats-server-<version>` in it. */
  readonly cacheDirectory: string;
  readonly progress: Progress;
  /** @default the environment of this process */
  readonly env?: Environment;
  /** Address under which `v<version>/<archive>` lies. @default the project's releases on GitHub */
  readonly releasesUrl?: string;
}

/** No nats-server that would do, and no way to get one. */
export class NatsServerNotFoundError extends Error {
  override readonly name = 'NatsServerNotFoundError';
}

const MODULE = `github.com/nats-io/nats-server/v2@v${NATS_SERVER_VERSION}`;
const ADVICE =
  `install nats-server ${NATS_SERVER_VERSION} and put it on PATH, set NATS_SERVER to it, ` +
  'or install Go so that it can be built';

/**
 * Finds nats-server: `$NATS_SERVER`, then PATH, then the cache; else builds the pinned version with Go, or downloads its
 * official release.
 * @throws {NatsServerNotFoundError} saying what was tried and what to do
 */
export async function findNatsServer(options: FindNatsServerOptions): Promise<NatsServerBinary> {
  const { progress, env = process.env } = options;
  const named = env.NATS_SERVER;
  if (named) return checkNamed(resolve(named), env);
  const refusals: string[] = [];
  for (const path of await findOnPath('nats-server', env)) {
    const version = await readVersion(path, env);
    if (version !== undefined && isAtLeast(version, MINIMUM_NATS_SERVER_VERSION)) {
      return { path, version, origin: 'PATH' };
    }
    const refusal = `${path} is ${describeVersion(version)}, and ${MINIMUM_NATS_SERVER_VERSION} or newer is needed`;
    refusals.push(refusal);
    progress(`${refusal}: skipped`);
  }
  return fromCache({ ...options, env }, refusals.length > 0 ? refusals : ['none on PATH']);
}

async function checkNamed(path: string, env: Environment): Promise<NatsServerBinary> {
  const version = (await isExecutable(path)) ? await readVersion(path, env) : undefined;
  if (version !== undefined && isAtLeast(version, MINIMUM_NATS_SERVER_VERSION)) {
    return { path, version, origin: '$NATS_SERVER' };
  }
  throw new NatsServerNotFoundError(
    `NATS_SERVER names ${path}, which is ${describeVersion(version)}: ` +
      `set it to a nats-server ${MINIMUM_NATS_SERVER_VERSION} or newer, or unset it to have one found`,
  );
}

const describeVersion = (version: string | undefined): string =>
  version === undefined ? 'no nats-server that runs' : `version ${version}`;

async function fromCache(
  options: FindNatsServerOptions & { readonly env: Environment },
  failures: string[],
): Promise<NatsServerBinary> {
  const { cacheDirectory, progress, env, releasesUrl = RELEASES_URL } = options;
  const path = resolve(cacheDirectory, 'bin', `nats-server-${NATS_SERVER_VERSION}`);
  let origin = 'cache';
  const find = async (): Promise<NatsServerBinary | undefined> => {
    if (!(await isExecutable(path))) return undefined;
    const version = await readVersion(path, env);
    return version === NATS_SERVER_VERSION ? { path, version, origin } : undefined;
  };
  const install = async (folder: string): Promise<string> => {
    try {
      const built = await build(folder, env, progress);
      origin = 'go install';
      return built;
    } catch (error) {
      failures.push(refusal(error, progress));
    }
    try {
      const fetched = await fetchRelease({ folder, version: NATS_SERVER_VERSION, releasesUrl, env, progress });
      origin = 'release archive';
      return fetched;
    } catch (error) {
      failures.push(refusal(error, progress));
      throw new NatsServerNotFoundError(`there is no usable nats-server: ${failures.join('; ')}. To go on, ${ADVICE}`, {
        cause: error,
      });
    }
  };
  return ensureInstalled({ path, find, install, progress });
}

/** The message of a failure that leaves another way to try; anything else is not ours to swallow. */
function refusal(error: unknown, progress: Progress): string {
  if (!(error instanceof ToolFailedError || error instanceof DownloadError)) throw error;
  progress(error.message);
  return error.message;
}

async function build(folder: string, env: Environment, progress: Progress): Promise<string> {
  const [go] = await findOnPath('go', env);
  if (go === undefined) throw new ToolFailedError('go is not on PATH, so nats-server cannot be built');
  await runTool(go, ['install', MODULE], {
    env: { ...env, GOBIN: folder, GOFLAGS: '-trimpath' },
    announce: `building nats-server ${NATS_SERVER_VERSION} with go install, which takes about a minute the first time`,
    progress,
  });
  return join(folder, 'nats-server');
}
