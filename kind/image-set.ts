// All images of ours together, and the versions that name them by their content.
import type { Versions } from '../cdk8s/versions.ts';
import { buildImage, hasImage, listWorkers, type WorkerImage } from './images.ts';
import { runProgram } from './program.ts';

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
