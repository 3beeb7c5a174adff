// The connection to the database.
import { MongoClient } from 'mongodb';
import { text } from './environment.ts';
import { FatalError } from './errors.ts';

/** Options of a process that uses the database. */
export const MONGO_OPTIONS = {
  mongoUri: text('MONGODB_URI', { secret: true }),
  mongoDatabase: text('MONGODB_DATABASE', { otherwise: 'newsjet' }),
} as const;

const WRITE_TIMEOUT_MS = 10_000;

/**
 * Creates a client whose writes are confirmed only once a majority has them in its journal. Call its `connect()` within what
 * is tried again until it succeeds: a client that failed to connect of itself, at its first use, is closed for ever. Once
 * connected, it connects again whenever it has to.
 * @throws {FatalError} when the address can't be parsed; it is not shown, for it may hold a password
 */
export function createMongoClient(uri: string, name: string): MongoClient {
  try {
    return new MongoClient(uri, {
      appName: name,
      // A majority that is away is an error after a while, and not a wait without end: whoever writes tries again.
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: WRITE_TIMEOUT_MS },
      serverSelectionTimeoutMS: 5_000,
      maxPoolSize: 10,
    });
  } catch (error) {
    throw new FatalError(
      `MONGODB_URI can't be used: ${(error as Error).name}; expected mongodb://… or mongodb+srv://…`,
    );
  }
}
