import { type Collection, MongoClient, MongoError } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewsDocument } from '../contract/stored-news.ts';
import { createMongoClient } from '../runtime/mongo.ts';
import { type Arrival, NewsStore } from './news-store.ts';
import { TestDatabase } from './testing/database.ts';
import { newsItem } from './testing/items.ts';

let database: TestDatabase;
let client: MongoClient;
let collection: Collection<NewsDocument>;
let store: NewsStore;

beforeAll(async () => {
  database = await TestDatabase.start();
  client = createMongoClient(database.uri, 'test');
});
afterAll(async () => {
  await client?.close();
  await database?.stop();
});
beforeEach(async () => {
  await client.db('test').dropDatabase();
  collection = client.db('test').collection('news');
  store = new NewsStore(collection);
  await store.prepare();
});

/** An item that came with the message of a sequence. */
const arrival = (sequence: number, item = newsItem(sequence)): Arrival => ({
  item,
  origin: { sequence, timeNanos: 1_700_000_000_000_000_000 + sequence },
});

describe('prepare', () => {
  it('creates the indexes, and does nothing the second time', async () => {
    await store.prepare();
    const names = (await collection.indexes()).map(({ name }) => name).sort();
    expect(names).toEqual(['_id_', 'sourceStoredAt', 'storedAt', 'terms']);
  });
});

describe('prepare beside the indexes of an earlier version', () => {
  it('creates what is missing, and lets what is there be', async () => {
    await collection.dropIndexes();
    await collection.createIndexes([
      { key: { storedAt: -1, _id: -1 }, name: 'storedAt' },
      { key: { sources: 1, storedAt: -1 }, name: 'sources' },
    ]);
    await store.prepare();
    const names = (await collection.indexes()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['storedAt', 'sources', 'sourceStoredAt', 'terms']));
  });
});

describe('add', () => {
  it('creates what is new, and adds its source to what is known', async () => {
    expect(await store.add([arrival(1), arrival(2)], false)).toEqual(['created', 'created']);
    const again = arrival(3, newsItem(2, { source: 'others', description: 'In other words.' }));
    expect(await store.add([again, arrival(4)], false)).toEqual(['known', 'created']);
    const document = await collection.findOne({ _id: newsItem(2).id });
    expect(document).toMatchObject({
      title: 'Bridge 2 reopens',
      description: 'The bridge 2 is open again.',
      date: new Date('2026-03-01T10:00:00Z'),
      sources: ['papers', 'others'],
      createdBy: '2@1700000000000000000',
      terms: ['bridge', '2', 'reopens'],
    });
    expect(document?.storedAt).toBeInstanceOf(Date);
    expect(document).not.toHaveProperty('author');
  });

  it('keeps what an item may have beside', async () => {
    const item = newsItem(1, { author: 'A. Author', image: 'https://papers.example/1.png', language: 'en' });
    await store.add([arrival(1, { ...item, date: null })], false);
    expect(await collection.findOne({ _id: item.id })).toMatchObject({
      author: 'A. Author',
      image: 'https://papers.example/1.png',
      language: 'en',
      date: null,
    });
  });

  it('takes a date that no calendar of ours can hold for none', async () => {
    await store.add([arrival(1, newsItem(1, { date: '2026-06-30T23:59:60Z' }))], false);
    expect(await collection.findOne()).toMatchObject({ date: null });
  });

  it('creates once what is in a batch twice', async () => {
    const results = await store.add([arrival(1), arrival(2, newsItem(1, { source: 'others' })), arrival(3)], false);
    expect([...results].sort()).toEqual(['created', 'created', 'known']);
    expect(results[2]).toBe('created');
    expect(await collection.countDocuments()).toBe(2);
    expect([...((await collection.findOne({ _id: newsItem(1).id }))?.sources ?? [])].sort()).toEqual([
      'others',
      'papers',
    ]);
  });

  it('finds its own creations when it repeats, and no others', async () => {
    await store.add([arrival(1), arrival(2)], false);
    const repetition = [arrival(1), arrival(7, newsItem(2)), arrival(3)];
    expect(await store.add(repetition, true)).toEqual(['created', 'known', 'created']);
    // The same sequence of a stream that was created anew is another message.
    const other = { item: newsItem(1), origin: { sequence: 1, timeNanos: 1_800_000_000_000_000_000 } };
    expect(await store.add([other], true)).toEqual(['known']);
  });

  it('creates each item once when two write the same at the same time', async () => {
    const other = new MongoClient(database.uri);
    try {
      const rival = new NewsStore(other.db('test').collection('news'));
      const items = Array.from({ length: 300 }, (_, n) => newsItem(n));
      const attempt = async (own: NewsStore, from: number) => {
        const arrivals = items.map((item, index) => arrival(from + index, item));
        for (let repeated = false; ; repeated = true) {
          try {
            return await own.add(arrivals, repeated);
          } catch (error) {
            expect(error).toBeInstanceOf(MongoError);
          }
        }
      };
      const [ours, theirs] = await Promise.all([attempt(store, 0), attempt(rival, 1_000)]);
      const creations = items.map((_, index) => [ours[index], theirs[index]].filter((r) => r === 'created').length);
      expect(creations).toEqual(Array(300).fill(1));
      expect(await collection.countDocuments()).toBe(300);
    } finally {
      await other.close();
    }
  });

  it('says which it is that the database refuses, and stores the others', async () => {
    const item = newsItem(2);
    // Something that no source can be added to.
    await client
      .db('test')
      .collection<{ _id: string }>('news')
      .insertOne({ _id: item.id, sources: 'papers' } as never);
    const results = await store.add([arrival(1), arrival(2), arrival(3)], false);
    expect(results).toEqual(['created', { refused: expect.stringMatching(/\S/) }, 'created']);
    expect(await collection.countDocuments()).toBe(3);
  });

  it('stores ten thousand at once', async () => {
    const arrivals = Array.from({ length: 10_000 }, (_, n) => arrival(n, newsItem(n % 8_000)));
    const results = await store.add(arrivals, false);
    expect(results.filter((result) => result === 'created')).toHaveLength(8_000);
    expect(results.filter((result) => result === 'known')).toHaveLength(2_000);
    expect(await collection.countDocuments()).toBe(8_000);
  });

  it('fails, to be called again, when the database is away', async () => {
    const absent = new MongoClient('mongodb://127.0.0.1:1/?directConnection=true', { serverSelectionTimeoutMS: 50 });
    const failing = new NewsStore(absent.db('test').collection('news')).add([arrival(1)], false);
    await expect(failing).rejects.toBeInstanceOf(MongoError);
    await absent.close();
  });
});
