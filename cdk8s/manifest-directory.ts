// The directory of manifests: what it should hold is written, what an earlier synthesis left there is removed.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HEADER, type ManifestFile, renderFile } from './synthesis.ts';

/** A file is in the way that no synthesis wrote. */
export class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError';
}

/** Names of the files that differ from before. */
export interface DirectoryChanges {
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Makes a directory hold these files; it is made when it is missing. Files of others are left alone.
 * @throws {ForeignFileError} before anything is written, when one of them has the name of a manifest file
 */
export async function writeManifests(directory: string, files: readonly ManifestFile[]): Promise<DirectoryChanges> {
  await mkdir(directory, { recursive: true });
  const found = await readYamlFiles(directory);
  const isOurs = (name: string): boolean => found.get(name)?.startsWith(HEADER) ?? true;
  const foreign = files.find(({ name }) => !isOurs(name));
  if (foreign) {
    throw new ForeignFileError(
      `${join(directory, foreign.name)} was not synthesized: move it, or name another directory`,
    );
  }
  const wanted = new Map(files.map((file) => [file.name, renderFile(file)]));
  const written = [...wanted].filter(([name, text]) => found.get(name) !== text);
  const removed = [...found.keys()].filter((name) => !wanted.has(name) && isOurs(name));
  await Promise.all([
    ...written.map(([name, text]) => writeFile(join(directory, name), text)),
    ...removed.map((name) => rm(join(directory, name))),
  ]);
  return { written: written.map(([name]) => name), removed };
}

async function readYamlFiles(directory: string): Promise<Map<string, string>> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.yaml')).map(({ name }) => name);
  const read = async (name: string): Promise<[string, string]> => [name, await readFile(join(directory, name), 'utf8')];
  return new Map(await Promise.all(names.sort().map(read)));
}
