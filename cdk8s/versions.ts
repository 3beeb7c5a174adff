// Every image that the manifests name. Its tags are in versions.json, and nowhere else.
import versions from './versions.json' with { type: 'json' };

/** Images of others by component, and where our own are. */
export type Versions = typeof versions;

export const VERSIONS: Versions = versions;

/** The image of a worker's folder, such as `rss-exporter`. */
export const workerImage = ({ workers }: Versions, folder: string): string =>
  `${workers.repository}/${folder}:${workers.tag}`;
