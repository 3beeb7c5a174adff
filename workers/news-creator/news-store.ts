// Stores each news item once: one unordered bulk write of upserts for a whole batch.
import { type AnyBulkWriteOperation, type Collection, type IndexDescription, MongoBulkWriteError } from 'mongodb';
import type { NewsItem } from '../contract/messages.ts';
import type { NewsDocument } from '../contract/stored-news.ts';
import { creationMark, newDocument, type Origin } from './news-document.ts';

/** An item to store, and the message that it came with. */
export interface Arrival {
  readonly item: NewsItem;
  readonly origin: Origin;
}

/** What became of an arrival: it created its document, the document was there, or the database refuses it for good. */
export type Stored = 'created' | 'known' | { readonly refused: string };

/**
 * MongoDB's codes for a document that it will never take. Anything else may pass: two writers that insert the same document at
 * once, a primary that steps down in the middle of a batch, a disk that is full.
 */
const REFUSALS = new Set([
  2, // BadValue
  9, // FailedToParse
  14, // TypeMismatch
  22, // InvalidBSON
  28, // PathNotViable
  52, // DollarPrefixedFieldName
  57, // DottedFieldName
  121, // DocumentValidationFailure
  10_141, // BadValue, as the stand-in for MongoDB still says it
  10_334, // BSONObjectTooLarge
  17_419, // the document that results would be too large
  17_420, // the same, of an insert
]);

/**
 * What readers ask: the latest of all, of a source, and by the beginnings of words. Order is always by storedAt and then _id, so
 * an index in that order gives a page without sorting; what few documents have a rare word is sorted once it is found.
 */
const INDEXES: readonly IndexDescription[] = [
  { key: { storedAt: -1, _id: -1 }, name: 'storedAt' },
  { key: { sources: 1, storedAt: -1, _id: -1 }, name: 'sourceStoredAt' },
  { key: { terms: 1, storedAt: -1 }, name: 'terms' },
];

/** The collection `news`. */
export class NewsStore {
  readonly #collection: Collection<NewsDocument>;

  constructor(collection: Collection<NewsDocument>) {
    this.#collection = collection;
  }

  /** Creates the indexes that readers need; does nothing when they are there. An index of a name can't become another. */
  async prepare(): Promise<void> {
    await this.#collection.createIndexes([...INDEXES]);
  }

  /**
   * Stores a batch durably and tells of each arrival what became of it.
   * @param repeated whether any of it may have been written before: by an attempt that failed half-way, or by a process
   *   that ended before it could acknowledge. Then the documents themselves are asked who created them.
   * @throws the driver's errors; calling again with `repeated` is safe
   */
  async add(arrivals: readonly Arrival[], repeated: boolean): Promise<Stored[]> {
    const now = new Date();
    const written = await this.#write(arrivals, now);
    const results = arrivals.map(
      (_, index) => written.refused.get(index) ?? (written.created.has(index) ? 'created' : 'known'),
    );
    const doubtful = arrivals.flatMap((arrival, index) => (results[index] === 'known' ? [{ arrival, index }] : []));
    if (!repeated || doubtful.length === 0) return results;
    const creators = await this.#creators(doubtful.map(({ arrival }) => arrival.item.id));
    for (const { arrival, index } of doubtful) {
      if (creators.get(arrival.item.id) === creationMark(arrival.origin)) results[index] = 'created';
    }
    return results;
  }

  async #write(
    arrivals: readonly Arrival[],
    now: Date,
  ): Promise<{ created: Set<number>; refused: Map<number, Stored> }> {
    const operations = arrivals.map(
      ({ item, origin }): AnyBulkWriteOperation<NewsDocument> => ({
        updateOne: {
          filter: { _id: item.id },
          update: { $setOnInsert: newDocument(item, origin, now), $addToSet: { sources: item.source } },
          upsert: true,
        },
      }),
    );
    const refused = new Map<number, Stored>();
    try {
      const { upsertedIds } = await this.#collection.bulkWrite(operations, { ordered: false });
      return { created: indexes(upsertedIds), refused };
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error;
      const failures = [error.writeErrors].flat();
      // The write concern failed, or something that may pass: write all of it again.
      if (failures.length === 0 || failures.some(({ code }) => !REFUSALS.has(code))) throw error;
      for (const { index, errmsg } of failures) refused.set(index, { refused: errmsg ?? 'refused by the database' });
      return { created: indexes(error.result.upsertedIds), refused };
    }
  }

  async #creators(ids: readonly string[]): Promise<Map<string, string>> {
    const documents = await this.#collection
      .find({ _id: { $in: [...ids] } }, { projection: { createdBy: 1 } })
      .toArray();
    return new Map(documents.map(({ _id, createdBy }) => [_id, createdBy]));
  }
}

const indexes = (upsertedIds: Readonly<Record<number, unknown>>): Set<number> =>
  new Set(Object.keys(upsertedIds).map(Number));
