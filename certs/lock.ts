// A lock between processes of one machine: a file that names its holder, taken over when the holder is gone.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/** The lock was held by another process for longer than we would wait. */
export class LockTimeoutError extends Error {
  override readonly name = 'LockTimeoutError';
}

export interface LockOptions {
  /** How long to wait for the lock. @default 30 seconds */
  readonly timeoutMs?: number;
  /** Called once when somebody else holds the lock. */
  readonly onWait?: (holder: string) => void;
}

/**
 * Runs an action while holding a lock file; its folder is made when it is missing.
 * @throws {LockTimeoutError} when a living process keeps the lock
 */
export async function withLock<T>(path: string, action: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  // The lock file appears with its content, by a link, so that nobody ever reads an empty one.
  const claim = `${path}.${randomUUID()}`;
  await writeFile(claim, `${process.pid} ${hostname()} ${claim}\n`);
  try {
    await acquire(path, claim, options);
  } finally {
    await rm(claim, { force: true });
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string, claim: string, options: LockOptions): Promise<void> {
  const { timeoutMs = 30_000 } = options;
  const deadline = Date.now() + timeoutMs;
  for (let waited = false; ; waited = true) {
    if (await tryLink(claim, path)) return;
    const content = await readFile(path, 'utf8').catch(() => undefined);
    if (content === undefined) continue;
    const holder = content.split(' ').slice(0, 2).join(' on ');
    if (isAbandoned(content)) {
      await takeAway(path, content);
      continue;
    }
    if (!waited) options.onWait?.(holder);
    if (Date.now() >= deadline) {
      throw new LockTimeoutError(
        `${path} has been held by process ${holder} for more than ${timeoutMs} ms: ` +
          'stop that process, or remove the file if it does something else',
      );
    }
    await delay(POLL_MS);
  }
}

async function tryLink(claim: string, path: string): Promise<boolean> {
  try {
    await link(claim, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAbandoned(content: string): boolean {
  const [pid, host] = content.split(' ');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Removes an abandoned lock; when somebody has just replaced it by their own, theirs is put back. */
async function takeAway(path: string, abandoned: string): Promise<void> {
  const removed = `${path}.${randomUUID()}`;
  try {
    await rename(path, removed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(removed, 'utf8')) !== abandoned) await tryLink(removed, path);
  await rm(removed, { force: true });
}
