// What workers of a role are told that depends on the run: the database is the creator's and the reader's alone.
import { NEWSROOM_SCHEME } from '../workers/contract/definition.ts';
import { isTraced } from '../workers/contract/roles.ts';
import type { WorkerSpec } from '../workers/contract/topology.ts';

/** What the newsroom's X side takes. */
const NEWSROOM_X_TOKEN = 'newsroom';

/** Where things are in a run. */
export interface RunPlaces {
  readonly database: { readonly uri: string; readonly description: string };
  /** @default the workers' own default */
  readonly databaseName: string | undefined;
  /** Where news-reader answers. */
  readonly readerUrl: string;
  /** Undefined without a newsroom. */
  readonly newsroomUrl: string | undefined;
  /** The variables that lead to the token for X. */
  readonly xToken: Readonly<Record<string, string>> | undefined;
  /** OpenTelemetry's variables, where traces are collected. */
  readonly telemetry: Readonly<Record<string, string>> | undefined;
}

/** The variables of a worker's environment that are neither the topology's nor its connection's. */
export function roleEnvironment(spec: WorkerSpec, places: RunPlaces): Record<string, string> {
  return { ...(isTraced(spec.role) ? places.telemetry : {}), ...ofRole(spec, places) };
}

function ofRole({ role, environment }: WorkerSpec, places: RunPlaces): Record<string, string> {
  const { database, databaseName, readerUrl, newsroomUrl, xToken } = places;
  switch (role) {
    case 'news-creator':
    case 'news-reader':
      return { MONGODB_URI: database.uri, ...(databaseName ? { MONGODB_DATABASE: databaseName } : {}) };
    case 'news-monitor':
      return { DATABASE: database.description, READER_URL: readerUrl };
    case 'rss-exporter':
      return newsroomUrl ? { NEWSROOM_URL: newsroomUrl } : {};
    case 'twitter-exporter':
      return newsroomUrl && environment.X_API_URL?.startsWith(NEWSROOM_SCHEME)
        ? { X_API_URL: newsroomUrl, X_BEARER_TOKEN: NEWSROOM_X_TOKEN }
        : { ...xToken };
    case 'nats-monitor':
    case 'rss-consumer':
    case 'twitter-consumer':
      return {};
  }
}
