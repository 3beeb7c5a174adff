// All images of ours together, and the versions that name them by their content.
import type { ManifestFile } from '../cdk8s/synthesis.ts';
import { type Versions, workerImage } from '../cdk8s/versions.ts';
import { BUNDLES, buildImage, hasImage, listWorkers, type WorkerImage } from './images.ts';
import { runProgram } from './program.ts';

/** The manifests name images of ours that nothing here can build. */
export class BundleMissingError extends Error {
  override readonly name = 'BundleMissingError';

  constructor(images: readonly string[]) {
    super(`no bundle in ${BUNDLES} gives ${images.join(', ')}: make build makes them`);
  }
}

/**
 * Checks that there is a bundle for every image of ours.
 * @throws {BundleMissingError} naming those without
 */
export async function checkBundles(files: readonly ManifestFile[], versions: Versions): Promise<void> {
  const known = new Set((await listWorkers()).map((worker) => workerImage(versions, worker)));
  const prefix = `${versions.workers.repository}/`;
  const missing = imagesOf(files).filter((name) => name.startsWith(prefix) && !known.has(name));
  if (missing.length > 0) throw new BundleMissingError(missing);
}

/** Every image that manifests name. */
export function imagesOf(files: readonly ManifestFile[]): string[] {
  const text = JSON.stringify(files.flatMap(({ manifests }) => manifests));
  return [...new Set([...text.matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image as string))].sort();
}

/**
 * Builds the images of all workers, one after the other: they share their base.
 * @param onStep told of what takes its time
 * @throws {ProgramError}
 */
export async function buildImages(versions: Versions, onStep: (line: string) => void): Promise<WorkerImage[]> {
  const base = versions.images.node;
  if (!(await hasImage(base))) {
    onStep(`pulling ${base}`);
    await runProgram('docker', ['pull', base]);
  }
  const images: WorkerImage[] = [];
  const workers = await listWorkers();
  for (const [index, worker] of workers.entries()) {
    onStep(`building image ${index + 1} of ${workers.length}: ${worker}`);
    images.push(await buildImage(worker, versions));
  }
  return images;
}

/** The same versions, with every worker's image named by its content. */
export function versionsByContent(versions: Versions, images: readonly WorkerImage[]): Versions {
  const tagOf = ({ contentName }: WorkerImage): string => contentName.slice(contentName.lastIndexOf(':') + 1);
  const tags = Object.fromEntries(images.map((image) => [image.worker, tagOf(image)]));
  return { ...versions, workers: { ...versions.workers, tags } };
}
