// What a worker has to reach outside the pipeline: the internet, private networks, the newsroom.
import { NEWSROOM_SCHEME } from '../workers/contract/definition.ts';
import type { Topology, WorkerSpec } from '../workers/contract/topology.ts';

export interface Destinations {
  readonly internet: boolean;
  /** Whether the definition lets its feeds live on private addresses, too. */
  readonly privateNetworks: boolean;
  readonly newsroom: boolean;
}

const isBuiltIn = (url: string): boolean => url.startsWith(NEWSROOM_SCHEME);

/** Computes what a worker reaches, by the addresses that the definition gives it; only exporters have any. */
export function destinationsOf({ role, environment }: WorkerSpec, { feeds }: Pick<Topology, 'feeds'>): Destinations {
  const urls =
    role === 'rss-exporter'
      ? feeds.filter(({ source }) => source === environment.SOURCE).map(({ url }) => url)
      : role === 'twitter-exporter'
        ? [environment.X_API_URL ?? '']
        : [];
  const internet = urls.some((url) => !isBuiltIn(url));
  return {
    internet,
    privateNetworks: internet && environment.ALLOW_PRIVATE_ADDRESSES === 'true',
    newsroom: urls.some(isBuiltIn),
  };
}

/** Whether anything of the definition is the newsroom's. */
export const usesNewsroom = (topology: Topology): boolean =>
  topology.workers.some((worker) => destinationsOf(worker, topology).newsroom);
