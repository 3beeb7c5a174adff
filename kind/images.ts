// The images of the workers: built from their bundles, and tagged by what is in them.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Versions } from '../cdk8s/versions.ts';
import { ProgramError, runProgram } from './program.ts';

const DOCKERFILE = 'workers/Dockerfile';
const BUNDLES = 'dist/workers';
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
  const entries = await readdir(BUNDLES, { withFileTypes: true });
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
  const contentName = `${name}-${await contentHash(context)}`;
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

/** Of every file that goes into an image, with its name. */
async function contentHash(context: string): Promise<string> {
  const entries = await readdir(context, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const hash = createHash('sha256');
  for (const file of [DOCKERFILE, ...files.sort()]) {
    const content = await readFile(file);
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest('hex').slice(0, 10);
}
