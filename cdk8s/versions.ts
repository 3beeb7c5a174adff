// Every image that the manifests name. Its tags are in versions.json, and nowhere else.
import versions from './versions.json' with { type: 'json' };

/** Images of others by component, and where our own are. */
export interface Versions {
  readonly images: Readonly<Record<keyof typeof versions.images, string>>;
  readonly workers: {
    readonly repository: string;
    readonly tag: string;
    /** Tags of single workers, by their folder, where they differ. @default none */
    readonly tags?: Readonly<Record<string, string>>;
  };
}

export const VERSIONS: Versions = versions;

/** The image of a worker's folder, such as `rss-exporter`. */
export const workerImage = ({ workers }: Versions, folder: string): string =>
  `${workers.repository}/${folder}:${workers.tags?.[folder] ?? workers.tag}`;
