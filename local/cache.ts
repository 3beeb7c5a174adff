// The folder of servers that were fetched or built: things appear in it whole or not at all.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { withLock } from '../certs/lock.ts';
import type { Progress } from './tool.ts';

const INSTALL_TIMEOUT_MS = 15 * 60_000;

export interface InstallOptions<T> {
  /** The file or folder to be. */
  readonly path: string;
  /** Reads what is there already; undefined when nothing usable is. */
  readonly find: () => Promise<T | undefined>;
  /** Makes it in an empty folder, and returns the path in there that is to be moved into place. */
  readonly install: (folder: string) => Promise<string>;
  readonly progress: Progress;
}

/**
 * Returns what the cache has, or installs it. Of several processes that want it at once, one installs it and the others
 * wait. A failed or killed installation leaves nothing that could be mistaken for a finished one.
 */
export async function ensureInstalled<T>(options: InstallOptions<T>): Promise<T> {
  const { path, find, install, progress } = options;
  const found = await find();
  if (found !== undefined) return found;
  await mkdir(dirname(path), { recursive: true });
  return withLock(
    `${path}.lock`,
    async () => {
      const meanwhile = await find();
      if (meanwhile !== undefined) return meanwhile;
      await removeLeftovers(path);
      const folder = `${path}.${randomUUID()}.tmp`;
      await mkdir(folder);
      try {
        const made = await install(folder);
        await rm(path, { recursive: true, force: true });
        await rename(made, path);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      const installed = await find();
      if (installed === undefined) throw new Error(`what was just installed at ${path} does not work`);
      return installed;
    },
    {
      timeoutMs: INSTALL_TIMEOUT_MS,
      onWait: (holder) => progress(`waiting for process ${holder}, which is installing ${path}`),
    },
  );
}

/** Removes the folders of installations that were killed; whoever holds the lock knows that none is at work. */
async function removeLeftovers(path: string): Promise<void> {
  const names = await readdir(dirname(path));
  const leftovers = names.filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.tmp'));
  await Promise.all(leftovers.map((name) => rm(join(dirname(path), name), { recursive: true, force: true })));
}
