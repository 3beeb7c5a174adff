// For tests: folders of small shell scripts that stand for real tools.
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findOnPath } from './tool.ts';

/** Writes an executable shell script, with its folder. */
export async function writeScript(path: string, ...lines: string[]): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${lines.join('\n')}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Makes real tools of this machine, and nothing else, available in a folder for PATH. */
export async function linkTools(folder: string, ...names: string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    const [path] = await findOnPath(name, process.env);
    if (path === undefined) throw new Error(`these tests need ${name} on PATH`);
    await symlink(path, join(folder, name));
  }
}
