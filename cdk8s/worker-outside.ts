// What a worker is told of things beside the pipeline: the newsroom, the API of X, the database.
import type { WorkerSpec } from '../workers/contract/topology.ts';
import type { ComponentProps } from './component.ts';
import { destinationsOf } from './destinations.ts';
import { MONGODB_DATABASE, NEWSROOM_URL, NEWSROOM_X_TOKEN } from './names.ts';
import { MONGODB_APP_SECRET, X_TOKEN_SECRET } from './secret-plan.ts';
import { type MountedVolume, secretVolume } from './volumes.ts';

const MONGODB_DIRECTORY = '/etc/newsjet/mongodb';
const X_DIRECTORY = '/etc/newsjet/x';

/** Variables and volumes of a worker. */
export interface Outside {
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly MountedVolume[];
}

/** Computes them by the worker's role: the database is the creator's alone, the token for X the twitter-exporters'. */
export function outsideOf(worker: WorkerSpec, { topology, settings }: ComponentProps): Outside {
  const { newsroom } = destinationsOf(worker, topology);
  switch (worker.role) {
    case 'news-creator':
      return {
        environment: { MONGODB_URI_FILE: `${MONGODB_DIRECTORY}/uri`, MONGODB_DATABASE },
        mounts: [
          secretVolume('mongodb', settings.mongodbUriSecret ?? MONGODB_APP_SECRET, MONGODB_DIRECTORY, {
            keys: ['uri'],
          }),
        ],
      };
    case 'rss-exporter':
      return { environment: newsroom ? { NEWSROOM_URL } : {}, mounts: [] };
    case 'twitter-exporter':
      return newsroom
        ? { environment: { X_API_URL: NEWSROOM_URL, X_BEARER_TOKEN: NEWSROOM_X_TOKEN }, mounts: [] }
        : {
            environment: { X_BEARER_TOKEN_FILE: `${X_DIRECTORY}/token` },
            mounts: [secretVolume('x', X_TOKEN_SECRET, X_DIRECTORY, { keys: ['token'], optional: true })],
          };
    case 'news-reader':
    case 'news-monitor':
    case 'nats-monitor':
    case 'rss-consumer':
    case 'twitter-consumer':
      return { environment: {}, mounts: [] };
  }
}
