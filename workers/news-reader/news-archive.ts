// Stored news, as the database gives it to somebody who may only read.
import type { Collection, Db } from 'mongodb';
import { NEWS_COLLECTION, type NewsDocument } from '../contract/stored-news.ts';
import type { Position } from './cursor.ts';
import { filterOf, NEWEST_FIRST } from './filter.ts';
import type { Question } from './question.ts';

/** Some news, and where they end when there are more. */
export interface Page {
  readonly documents: readonly NewsDocument[];
  readonly end?: Position;
}

/** The database has not answered since this process began. */
export class NotYetError extends Error {
  override readonly name = 'NotYetError';

  constructor() {
    super('the database has not answered yet');
  }
}

/** What one question may cost the database. */
const MAX_TIME_MS = 2_500;
/** The same, and the way there: a database that is away is said to be so before whoever asks gives up. */
const DEADLINE_MS = 3_000;
const PREFERENCE = { readPreference: 'primaryPreferred' } as const;

/** The collection of news, once there is a database. */
export class NewsArchive {
  #database: Db | undefined;
  #collection: Collection<NewsDocument> | undefined;

  /**
   * Takes a database for the one to read from.
   * @throws the driver's errors
   */
  async open(database: Db): Promise<void> {
    // By its old name, as the driver does: what stands in for MongoDB knows no other.
    const { setName, msg } = await database.command({ isMaster: 1 });
    // A server on its own knows no majority. Where there is one, what it has not got might be taken back.
    const replicated = setName !== undefined || msg === 'isdbgrid';
    this.#collection = database.collection(NEWS_COLLECTION, {
      ...PREFERENCE,
      ...(replicated ? { readConcern: { level: 'majority' } } : {}),
    });
    this.#database = database;
  }

  /** @throws {NotYetError} and the driver's errors, after 3 seconds at the latest */
  async read(question: Question): Promise<Page> {
    if (!this.#collection) throw new NotYetError();
    const found = await this.#collection
      .find(filterOf(question), {
        sort: NEWEST_FIRST,
        // One more tells whether there are more.
        limit: question.limit + 1,
        projection: { createdBy: 0, terms: 0 },
        maxTimeMS: MAX_TIME_MS,
        signal: AbortSignal.timeout(DEADLINE_MS),
      })
      .toArray();
    const documents = found.slice(0, question.limit);
    const last = documents.at(-1);
    return {
      documents,
      ...(found.length > documents.length && last ? { end: { storedAt: last.storedAt, id: last._id } } : {}),
    };
  }

  /**
   * Asks the database for a sign of life.
   * @throws as read does
   */
  async ping(): Promise<void> {
    if (!this.#database) throw new NotYetError();
    await this.#database.command({ ping: 1 }, { ...PREFERENCE, signal: AbortSignal.timeout(DEADLINE_MS) });
  }
}
