// What a worker is told of things beside the pipeline: the newsroom, the API of X, the database, a collector of traces.
import { isTraced, REPLAY } from '../workers/contract/roles.ts';
import type { WorkerSpec } from '../workers/contract/topology.ts';
import type { ComponentProps } from './component.ts';
import { destinationsOf } from './destinations.ts';
import { MONGODB_DATABASE, NEWSROOM_URL, NEWSROOM_X_TOKEN, READER_URL, TLS_DIRECTORY } from './names.ts';
import { MONGODB_APP_SECRET, MONGODB_READER_SECRET, MONGODB_SECRET, X_TOKEN_SECRET } from './secret-plan.ts';
import { type MountedVolume, secretVolume } from './volumes.ts';

const MONGODB_DIRECTORY = '/etc/newsjet/mongodb';
const X_DIRECTORY = '/etc/newsjet/x';

/** Variables and volumes of a worker. */
export interface Outside {
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly MountedVolume[];
}

/** Computes them by the worker's role: the creator may write the database, the reader read it; the token for X is the twitter-exporters'. */
export function outsideOf(worker: WorkerSpec, props: ComponentProps): Outside {
  const { environment, mounts } = outsideOfRole(worker, props);
  const { otlpEndpoint } = props.settings;
  if (otlpEndpoint === undefined || !isTraced(worker.role)) return { environment, mounts };
  return { environment: { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint }, mounts };
}

function outsideOfRole(worker: WorkerSpec, { topology, settings }: ComponentProps): Outside {
  const { newsroom } = destinationsOf(worker, topology);
  switch (worker.role) {
    case 'news-creator':
      return databaseOf(settings.mongodbUriSecret ?? MONGODB_APP_SECRET);
    case 'news-reader': {
      const { environment, mounts } = databaseOf(
        settings.mongodbReaderUriSecret ?? settings.mongodbUriSecret ?? MONGODB_READER_SECRET,
      );
      // It has no identity, with which the authority's certificate would come; and it gets no more than that.
      const authority = secretVolume('tls', MONGODB_SECRET, TLS_DIRECTORY, { keys: ['ca.crt'] });
      return {
        environment: {
          ...environment,
          ...(settings.publicUrl === undefined ? {} : { PUBLIC_URL: settings.publicUrl }),
        },
        mounts: [...(settings.mongodbUriSecret === undefined ? [authority] : []), ...mounts],
      };
    }
    case 'news-monitor':
      return { environment: { READER_URL, REPLAY_COMMAND: replayCommand(settings.namespace) }, mounts: [] };
    case 'rss-exporter':
      return { environment: newsroom ? { NEWSROOM_URL } : {}, mounts: [] };
    case 'twitter-exporter':
      return newsroom
        ? { environment: { X_API_URL: NEWSROOM_URL, X_BEARER_TOKEN: NEWSROOM_X_TOKEN }, mounts: [] }
        : {
            environment: { X_BEARER_TOKEN_FILE: `${X_DIRECTORY}/token` },
            mounts: [secretVolume('x', X_TOKEN_SECRET, X_DIRECTORY, { keys: ['token'], optional: true })],
          };
    case 'nats-monitor':
    case 'rss-consumer':
    case 'twitter-consumer':
      return { environment: {}, mounts: [] };
  }
}

/** A job from the suspended CronJob, told what to replay. */
const replayCommand = (namespace: string): string =>
  `kubectl -n ${namespace} create job replay-{sequence} --from=cronjob/${REPLAY} --dry-run=client -o yaml | ` +
  'kubectl set env --local -f - SEQUENCE={sequence} -o yaml | kubectl apply -f -';

/** The database, at the address in a Secret. */
const databaseOf = (secret: string): Outside => ({
  environment: { MONGODB_URI_FILE: `${MONGODB_DIRECTORY}/uri`, MONGODB_DATABASE },
  mounts: [secretVolume('mongodb', secret, MONGODB_DIRECTORY, { keys: ['uri'] })],
});
