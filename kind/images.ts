// The images of the workers: built from their bundles, and tagged by what is in them.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Versions } from '../cdk8s/versions.ts';
import { ProgramError, runProgram } from './program.ts';

export const DOCKERFILE = 'workers/Dockerfile';
export const BUNDLES = 'dist/workers';
const BASE = 'node';
const MEGABYTE = 1_000_000;

/** An image of ours. */
export interface WorkerImage {
  readonly worker: string;
  /** With the version as its tag, as the committed manifests name it. */
  readonly name: string;
  /** With a tag of its own for every content, so that a change of it is a change of the manifests. */
  readonly contentName: string;
  /** Of the layers on top of the base. */
  readonly megabytes: number;
}

/** The folders of the workers that are bundled. */
export async function listWorkers(): Promise<string[]> {
  const entries = await readdir(BUNDLES, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    // Nothing was ever built: the same as a folder with nothing in it.
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/**
 * Builds the image of a worker, from its bundle.
 * @throws {ProgramError} when docker can't, for instance because the base can be had nowhere
 */
export async function buildImage(worker: string, { images, workers }: Versions): Promise<WorkerImage> {
  const context = join(BUNDLES, worker);
  const name = `${workers.repository}/${worker}:${workers.tag}`;
  const contentName = `${name}-${await contentTag(context, DOCKERFILE)}`;
  await runProgram('docker', [
    ...['build', '--file', DOCKERFILE, '--tag', name, '--tag', contentName],
    ...['--build-arg', `NODE_IMAGE=${images[BASE]}`],
    ...['--build-arg', `WORKER=${worker}`, '--build-arg', `VERSION=${workers.tag}`],
    context,
  ]);
  const [size, base] = await Promise.all([sizeOf(name), sizeOf(images[BASE])]);
  return { worker, name, contentName, megabytes: (size - base) / MEGABYTE };
}

/** Whether this machine has an image. */
export async function hasImage(name: string): Promise<boolean> {
  try {
    await runProgram('docker', ['image', 'inspect', '--format', '{{.Id}}', name]);
    return true;
  } catch (error) {
    if (error instanceof ProgramError) return false;
    throw error;
  }
}

async function sizeOf(image: string): Promise<number> {
  return Number(await runProgram('docker', ['image', 'inspect', '--format', '{{.Size}}', image]));
}

/**
 * A tag for what goes into an image: every file of a folder, with its name in it, and the Dockerfile. Where the folder is
 * does not matter.
 */
export async function contentTag(folder: string, dockerfile: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const hash = createHash('sha256');
  for (const [name, file] of [
    ['', dockerfile],
    ...files.map((path) => [relative(folder, path), path] as const).sort(([a], [b]) => (a < b ? -1 : 1)),
  ] as const) {
    const content = await readFile(file);
    hash.update(`${name} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 10);
}
