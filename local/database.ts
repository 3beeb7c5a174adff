// Decides which database the local run uses: one that is given, a real MongoDB, or its stand-in.

import { findMongoJavaServer, type MongoJavaServer } from './mongo-java-server.ts';
import { downloadMongod, findMongodOnPath, type MongodBinary } from './mongod.ts';
import { type Environment, type Progress, ToolFailedError } from './tool.ts';

/** A database to use or to start: see startDatabase. */
export type DatabasePlan =
  | { readonly kind: 'external'; readonly uri: string }
  | ({ readonly kind: 'mongod' } & MongodBinary)
  | ({ readonly kind: 'mongo-java-server' } & MongoJavaServer);

export interface FindDatabaseOptions {
  /** Folder of what was fetched. */
  readonly cacheDirectory: string;
  readonly progress: Progress;
  /** @default the environment of this process */
  readonly env?: Environment;
  /** @default the present */
  readonly now?: Date;
}

/** No database, and no way to get one. */
export class DatabaseNotFoundError extends Error {
  override readonly name = 'DatabaseNotFoundError';
}

/**
 * Finds a database: `MONGODB_URI`, then mongod on PATH, then a download of mongod, then mongo-java-server.
 * @throws {DatabaseNotFoundError} saying what was tried and what to do
 */
export async function findDatabase(options: FindDatabaseOptions): Promise<DatabasePlan> {
  const { cacheDirectory, progress, env = process.env } = options;
  if (env.MONGODB_URI) return { kind: 'external', uri: env.MONGODB_URI };
  const mongod = (await findMongodOnPath(env, progress)) ?? (await downloadMongod({ ...options, env }));
  if (mongod) return { kind: 'mongod', ...mongod };
  try {
    return { kind: 'mongo-java-server', ...(await findMongoJavaServer({ cacheDirectory, progress, env })) };
  } catch (cause) {
    if (!(cause instanceof ToolFailedError)) throw cause;
    throw new DatabaseNotFoundError(
      `there is no database: no mongod on PATH, MongoDB cannot be downloaded, and its stand-in cannot be had ` +
        `(${cause.message}). To go on, set MONGODB_URI to a MongoDB of yours, install mongod, or install a JDK and Maven`,
      { cause },
    );
  }
}

/** Says for people which database it is; never with a password. */
export function describeDatabase(plan: DatabasePlan): string {
  if (plan.kind === 'external') return `MongoDB at ${databaseHosts(plan.uri)} (MONGODB_URI)`;
  if (plan.kind === 'mongo-java-server') return `mongo-java-server ${plan.version} (H2), stands in for MongoDB`;
  return `MongoDB ${plan.version} (${plan.origin === 'PATH' ? plan.path : 'downloaded'})`;
}

/** The hosts of a connection string; what may hold a secret, before and after them, is left out. */
function databaseHosts(uri: string): string {
  const hosts = /^mongodb(?:\+srv)?:\/\/(?:.*@)?([^/?@]+)/.exec(uri)?.[1];
  return hosts ?? 'an address that cannot be read';
}
