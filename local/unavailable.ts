// Remembers for a day that something cannot be had on this machine, so that the next start does not wait to find out again.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const REMEMBERED_MS = 24 * 3_600_000;

/** Why it was impossible within the last day; undefined when it is not known to be. */
export async function recallUnavailable(file: string, now: Date): Promise<string | undefined> {
  try {
    const { at, reason } = JSON.parse(await readFile(file, 'utf8')) as { at: string; reason: string };
    const ageMs = now.getTime() - Date.parse(at);
    if (ageMs >= 0 && ageMs < REMEMBERED_MS) return String(reason);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  }
  // Too old, or not readable: ask again.
  await rm(file, { force: true });
  return undefined;
}

/** Notes that it is impossible now. */
export async function rememberUnavailable(file: string, reason: string, now: Date): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ at: now.toISOString(), reason }, null, 2)}\n`);
}
