// Finds a real mongod: on PATH, in the cache, or as a download of mongodb-memory-server.
import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { ensureInstalled } from './cache.ts';
import { checkReachable, DownloadError } from './download.ts';
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
import { recallUnavailable, rememberUnavailable } from './unavailable.ts';

/** The version that is downloaded. */
export const MONGOD_VERSION = '8.0.17';
/** The oldest version that the driver talks to. */
export const MINIMUM_MONGOD_VERSION = '4.4.0';

const DOWNLOAD_HOST = 'https://fastdl.mongodb.org';
const CHECK_TIMEOUT_MS = 3_000;

/** Runs in a process of its own, because the package reports its progress on standard output and nowhere else. */
const DOWNLOAD_SCRIPT = `
  const [package_, version, downloadDir] = process.argv.slice(1);
  require(package_).MongoBinary.getPath({ version, downloadDir }).then(
    (path) => console.log('path ' + path),
    (error) => { console.error(error.message); process.exit(1); },
  );
`;

/** A mongod on this machine. */
export interface MongodBinary {
  readonly path: string;
  readonly version: string;
  readonly origin: 'PATH' | 'download';
}

export interface FindMongodOptions {
  readonly cacheDirectory: string;
  readonly progress: Progress;
  readonly env: Environment;
  /** @default the present */
  readonly now?: Date;
}

/** The first mongod on PATH that is new enough. */
export async function findMongodOnPath(env: Environment, progress: Progress): Promise<MongodBinary | undefined> {
  for (const path of await findOnPath('mongod', env)) {
    const version = await readVersion(path, env);
    if (version !== undefined && isAtLeast(version, MINIMUM_MONGOD_VERSION)) return { path, version, origin: 'PATH' };
    const what = version === undefined ? 'does not run' : `is version ${version}`;
    progress(`${path} ${what}, and ${MINIMUM_MONGOD_VERSION} or newer is needed: skipped`);
  }
  return undefined;
}

/**
 * The pinned mongod from the cache, downloaded first when that is possible. That it is impossible is remembered in the
 * cache for a day, so that the next start does not wait to find out again.
 */
export async function downloadMongod(options: FindMongodOptions): Promise<MongodBinary | undefined> {
  const { cacheDirectory, progress, env, now = new Date() } = options;
  const path = resolve(cacheDirectory, 'bin', `mongod-${MONGOD_VERSION}`);
  const find = async (): Promise<MongodBinary | undefined> => {
    if (!(await isExecutable(path))) return undefined;
    const version = await readVersion(path, env);
    return version === undefined ? undefined : { path, version, origin: 'download' };
  };
  const found = await find();
  if (found) return found;
  const memory = resolve(cacheDirectory, 'mongod-unavailable.json');
  const remembered = await recallUnavailable(memory, now);
  if (remembered !== undefined) {
    progress(`MongoDB cannot be downloaded (${remembered}; remembered for a day in ${memory})`);
    return undefined;
  }
  try {
    const install = (folder: string): Promise<string> => download(folder, env, progress);
    return await ensureInstalled({ path, find, install, progress });
  } catch (error) {
    if (!(error instanceof DownloadError || error instanceof ToolFailedError)) throw error;
    progress(`MongoDB cannot be downloaded: ${error.message}`);
    await rememberUnavailable(memory, error.message, now);
    return undefined;
  }
}

async function download(folder: string, env: Environment, progress: Progress): Promise<string> {
  progress(`looking whether MongoDB ${MONGOD_VERSION} can be downloaded`);
  await checkReachable(env.MONGOMS_DOWNLOAD_MIRROR ?? DOWNLOAD_HOST, { env, timeoutMs: CHECK_TIMEOUT_MS });
  const library = createRequire(import.meta.url).resolve('mongodb-memory-server-core');
  let downloaded: string | undefined;
  await runTool(process.execPath, ['-e', DOWNLOAD_SCRIPT, library, MONGOD_VERSION, folder], {
    env,
    directory: folder,
    announce: `downloading MongoDB ${MONGOD_VERSION}`,
    progress,
    onLine: (line) => {
      if (line.startsWith('path ')) downloaded = line.slice('path '.length);
    },
  });
  if (downloaded === undefined) throw new ToolFailedError('mongodb-memory-server did not say where it put mongod');
  // It may have found one in a cache of its own, which stays where it is.
  if (dirname(downloaded) === folder) return downloaded;
  const copy = join(folder, 'mongod');
  await copyFile(downloaded, copy);
  return copy;
}
