// Which images the nodes have, so that none is given to them twice.
import type { KubeObject } from './kubectl.ts';

/**
 * Names the images that every node has, as its kubelet last told.
 * @param nodes objects of kind Node
 */
export function imagesOnNodes(nodes: readonly KubeObject[]): ReadonlySet<string> {
  const [first, ...others] = nodes.map(
    ({ status = {} }) => new Set(((status.images ?? []) as { names?: string[] }[]).flatMap(({ names }) => names ?? [])),
  );
  return new Set([...(first ?? [])].filter((name) => others.every((images) => images.has(name))));
}

/** An image's name in full, as nodes know it: `nats:2` is `docker.io/library/nats:2`. */
export function fullName(image: string): string {
  const [first, ...rest] = image.split('/') as [string, ...string[]];
  if (rest.length === 0) return `docker.io/library/${image}`;
  return /[.:]/.test(first) || first === 'localhost' ? image : `docker.io/${image}`;
}
