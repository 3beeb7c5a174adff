// The directory of manifests: what it should hold is written, what an earlier synthesis left there is removed.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HEADER, type ManifestFile, renderFile } from './synthesis.ts';

/** A file is in the way that no synthesis wrote. */
export class ForeignFileError extends Error {
  override readonly name = 'ForeignFileError';
}

/** Of the directory of manifests: what is applied before them. */
export const DEFINITIONS_DIRECTORY = 'crds';

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
  if (written.length > 0) await mkdir(directory, { recursive: true });
  const removed = [...found.keys()].filter((name) => !wanted.has(name) && isOurs(name));
  await Promise.all([
    ...written.map(([name, text]) => writeFile(join(directory, name), text)),
    ...removed.map((name) => rm(join(directory, name))),
  ]);
  return { written: written.map(([name]) => name), removed };
}

/** Makes a directory hold manifests, and a folder in it the definitions that come first. @see writeManifests */
export async function writeSynthesis(
  directory: string,
  synthesis: { readonly files: readonly ManifestFile[]; readonly definitions: readonly ManifestFile[] },
): Promise<DirectoryChanges> {
  const changes = await writeManifests(directory, synthesis.files);
  const first = await writeManifests(join(directory, DEFINITIONS_DIRECTORY), synthesis.definitions);
  const inFolder = (name: string): string => `${DEFINITIONS_DIRECTORY}/${name}`;
  return {
    written: [...changes.written, ...first.written.map(inFolder)],
    removed: [...changes.removed, ...first.removed.map(inFolder)],
  };
}

async function readYamlFiles(directory: string): Promise<Map<string, string>> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const names = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.yaml')).map(({ name }) => name);
  const read = async (name: string): Promise<[string, string]> => [name, await readFile(join(directory, name), 'utf8')];
  return new Map(await Promise.all(names.sort().map(read)));
}
