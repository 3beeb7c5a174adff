// Gives the nodes the images that the manifests name: those of this machine are loaded, others the nodes pull themselves.
import type { ManifestFile } from '../cdk8s/synthesis.ts';
import { imagesOf } from './image-set.ts';
import { hasImage, type WorkerImage } from './images.ts';
import { loadImages } from './kind-cluster.ts';
import type { Kubectl } from './kubectl.ts';
import { fullName, imagesOnNodes } from './node-images.ts';

export interface GiveOptions {
  readonly cluster: string;
  readonly kubectl: Kubectl;
  /** Those of ours, just built. */
  readonly images: readonly WorkerImage[];
  readonly files: readonly ManifestFile[];
  /** Told of what takes its time. */
  readonly onStep: (line: string) => void;
}

/** @throws {ProgramError} when an image can't be loaded */
export async function giveImages({ cluster, kubectl, images, files, onStep }: GiveOptions): Promise<void> {
  const present = imagesOnNodes(await kubectl.list(['nodes']));
  const isMissing = (name: string): boolean => !present.has(fullName(name));
  // Whoever lacks the content lacks the name with the version, too, or has an older content under it.
  const ours = images.filter(({ contentName }) => isMissing(contentName));
  const known = new Set(images.map(({ contentName }) => contentName));
  const others = imagesOf(files).filter((name) => !known.has(name) && isMissing(name));
  const here = await Promise.all(others.map(hasImage));
  const names = [
    ...ours.flatMap(({ name, contentName }) => [name, contentName]),
    ...others.filter((_, index) => here[index]),
  ];
  if (names.length > 0) {
    const count = names.length - ours.length;
    onStep(`loading ${count} ${count === 1 ? 'image' : 'images'} into the nodes`);
    await loadImages(cluster, names);
  }
  const elsewhere = others.filter((_, index) => !here[index]);
  if (elsewhere.length > 0) onStep(`the nodes pull ${elsewhere.join(', ')}`);
}
