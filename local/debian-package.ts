// Unpacks Debian's packages into a folder, without root and without touching what is installed.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, findOnPath, type Progress, runTool, ToolFailedError } from './tool.ts';

export interface UnpackDebianOptions {
  /** Such as `prometheus`. */
  readonly name: string;
  /** Dependencies that are unpacked, too, and theirs; the others are left out. @default none */
  readonly also?: (dependency: string) => boolean;
  /** An empty folder to work in. */
  readonly folder: string;
  readonly env: Environment;
  readonly progress: Progress;
}

const QUIET = ['-qq', '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Languages=none'];
/** Without a network, a few seconds are enough to know. */
const IMPATIENT = ['http', 'https'].flatMap((scheme) => ['-o', `Acquire::${scheme}::Timeout=5`]);
const APT_OPTIONS = [...QUIET, ...IMPATIENT, '-o', 'Acquire::Retries=0'];
const TIMEOUT_MS = 120_000;

/**
 * Downloads a package of the distribution's own archive and unpacks it; apt checks signatures and sums as for any installation.
 * @returns the folder that stands for `/`, within the folder given
 * @throws {ToolFailedError} when there is no apt, the package cannot be had, or it cannot be unpacked
 */
export async function unpackDebianPackage(options: UnpackDebianOptions): Promise<string> {
  const { name, also = () => false, folder, env } = options;
  const apt = await tool('apt-get', env);
  const dpkg = await tool('dpkg-deb', env);
  const [archives, root] = [join(folder, 'archives'), join(folder, 'root')];
  await mkdir(archives);
  const download = await downloader(apt, archives, options);
  const seen = new Set<string>();
  for (let wanted = [name]; wanted.length > 0; ) {
    for (const each of wanted) seen.add(each);
    await download(wanted);
    const next = new Set<string>();
    for (const file of await readdir(archives)) {
      const path = join(archives, file);
      await runTool(dpkg, ['-x', path, root], { env, timeoutMs: TIMEOUT_MS });
      const depends = await runTool(dpkg, ['-f', path, 'Depends'], { env, timeoutMs: TIMEOUT_MS });
      for (const dependency of dependencyNames(depends)) {
        if (also(dependency) && !seen.has(dependency)) next.add(dependency);
      }
      await rm(path);
    }
    wanted = [...next];
  }
  return root;
}

/** By the machine's package lists; where there are none, or they are out of date, by lists fetched for this. */
async function downloader(
  apt: string,
  archives: string,
  { name, folder, env, progress }: UnpackDebianOptions,
): Promise<(names: readonly string[]) => Promise<void>> {
  const options = { env, progress, directory: archives, timeoutMs: TIMEOUT_MS };
  let lists: readonly string[] = [];
  const fetchLists = async (): Promise<void> => {
    const [state, cache] = [join(folder, 'state'), join(folder, 'cache')];
    await mkdir(join(state, 'lists', 'partial'), { recursive: true });
    await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
    lists = ['-o', `Dir::State=${state}`, '-o', `Dir::Cache=${cache}`];
    // One list that cannot be had is an error here, and the others may be enough: the download says.
    const update = runTool(apt, [...APT_OPTIONS, ...lists, 'update'], {
      ...options,
      announce: `looking for Debian’s package ${name}`,
    });
    await update.catch((error: Error) => progress(error.message));
  };
  return async (names) => {
    const download = (): Promise<string> =>
      runTool(apt, [...APT_OPTIONS, ...lists, 'download', ...names], {
        ...options,
        announce: `downloading Debian’s package ${names[0]}${names.length > 1 ? ` and ${names.length - 1} more` : ''}`,
      });
    try {
      await download();
    } catch (error) {
      if (!(error instanceof ToolFailedError) || lists.length > 0) throw error;
      await fetchLists();
      await download();
    }
  };
}

/** The names in a field like `Depends: adduser, libjs-jquery (>= 3.5.1~), a | b`; of alternatives, the first. */
export function dependencyNames(field: string): string[] {
  const names = field.split(',').map((entry) => /^[a-z0-9][a-z0-9+.-]+/.exec(entry.trim())?.[0]);
  return names.filter((name) => name !== undefined);
}

async function tool(name: string, env: Environment): Promise<string> {
  const [path] = await findOnPath(name, env);
  if (path === undefined) throw new ToolFailedError(`${name} is not on PATH, so there are no packages of Debian`);
  return path;
}
