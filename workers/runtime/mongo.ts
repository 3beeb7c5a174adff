// The connection to the database.
import { MongoClient } from 'mongodb';
import { text } from './environment.ts';
import { FatalError } from './errors.ts';
import { type Persistence, persist } from './retry.ts';
import { isCertificateFailure } from './tls.ts';

/** Options of a process that uses the database. */
export const MONGO_OPTIONS = {
  mongoUri: text('MONGODB_URI', { secret: true }),
  mongoDatabase: text('MONGODB_DATABASE', { otherwise: 'newsjet' }),
} as const;

const WRITE_TIMEOUT_MS = 10_000;

/**
 * Creates a client whose writes are confirmed only once a majority has them in its journal. Call its `connect()` within what
 * is tried again until it succeeds: a client that failed to connect of itself, at its first use, is closed for ever. Once
 * connected, it connects again whenever it has to, with the certificates that its first `connect()` has read.
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

/**
 * Connects, waiting for the database for as long as it takes. Every attempt is a new client's: it reads the files of
 * certificates anew, which may have been renewed meanwhile.
 * @param prepare what must succeed, too; what it returns comes with the client
 * @throws {FatalError} when the address can't be parsed
 * @throws {StoppingError} when the signal aborts first
 */
export function connectMongo<T>(
  uri: string,
  name: string,
  prepare: (client: MongoClient) => Promise<T>,
  persistence: Pick<Persistence, 'signal' | 'onFailure'>,
): Promise<{ readonly client: MongoClient; readonly prepared: T }> {
  return persist(async () => {
    const client = createMongoClient(uri, name);
    try {
      await client.connect();
      return { client, prepared: await prepare(client) };
    } catch (error) {
      await client.close();
      throw error;
    }
  }, persistence);
}

/**
 * Follows whether the servers of the database and we accept each other's certificates. A client that was connected will not come
 * to accept others: its certificates are those of its start. Errors of its operations are no help: a bulk write's keep but the
 * message of what caused them.
 * @returns asked at any time, it tells of a server whose last failure was one of certificates; undefined when there is none
 */
export function followCertificates(client: Pick<MongoClient, 'on'>): () => Error | undefined {
  const failures = new Map<string, Error>();
  client.on('serverDescriptionChanged', ({ address, newDescription: { error } }) => {
    if (error && isCertificateFailure(error)) failures.set(address, error);
    else failures.delete(address);
  });
  client.on('serverClosed', ({ address }) => failures.delete(address));
  return () => failures.values().next().value;
}
