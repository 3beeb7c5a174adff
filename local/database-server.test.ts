// Real servers and the real driver. The first run fetches mongo-java-server into the project's cache.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MongoBulkWriteError, MongoClient, MongoServerError } from 'mongodb';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunningDatabase, startDatabase } from './database-server.ts';
import { writeScript } from './fake-tools.ts';
import { findMongoJavaServer, type MongoJavaServer } from './mongo-java-server.ts';
import { freePorts } from './ports.ts';

interface News {
  readonly _id: string;
  readonly title: string;
  readonly date: Date;
  readonly sources: string[];
}

let standIn: MongoJavaServer;
let home: string;
let port: number;
const running: RunningDatabase[] = [];

beforeAll(async () => {
  standIn = await findMongoJavaServer({ cacheDirectory: resolve('.newsjet'), progress: () => {}, env: process.env });
}, 300_000);

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'newsjet-database-server-'));
  port = (await freePorts(1))[0] as number;
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((database) => database.stop()));
  await rm(home, { recursive: true });
});

async function start(plan: Parameters<typeof startDatabase>[0], startTimeoutMs?: number): Promise<RunningDatabase> {
  const database = await startDatabase(plan, {
    port,
    dataDirectory: join(home, 'data'),
    logFile: join(home, 'logs', 'database.log'),
    ...(startTimeoutMs !== undefined && { startTimeoutMs }),
  });
  running.push(database);
  return database;
}

const startStandIn = () => start({ kind: 'mongo-java-server', ...standIn });

async function withNews<T>(uri: string, use: (news: ReturnType<typeof newsOf>) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri);
  try {
    return await use(newsOf(client));
  } finally {
    await client.close();
  }
}

const newsOf = (client: MongoClient) =>
  client.db('newsjet').collection<News>('news', { writeConcern: { w: 'majority', journal: true } });

const upsert = (id: string, source: string) => ({
  updateOne: {
    filter: { _id: id },
    update: {
      $setOnInsert: { title: `title of ${id}`, date: new Date('2026-01-02T03:04:05Z') },
      $addToSet: { sources: source },
    },
    upsert: true,
  },
});

describe('startDatabase with mongo-java-server', () => {
  it('does what a news store needs', async () => {
    const { uri, description } = await startStandIn();
    expect(description).toBe(`mongo-java-server ${standIn.version} (H2), stands in for MongoDB`);
    await withNews(uri, async (news) => {
      const first = await news.bulkWrite([upsert('a', 'one'), upsert('b', 'one')], { ordered: false });
      expect(first.upsertedIds).toEqual({ 0: 'a', 1: 'b' });
      const second = await news.bulkWrite([upsert('b', 'two'), upsert('c', 'two')], { ordered: false });
      expect(second).toMatchObject({ upsertedIds: { 1: 'c' }, matchedCount: 1, upsertedCount: 1 });
      expect(await news.findOne({ _id: 'b' })).toEqual({
        _id: 'b',
        title: 'title of b',
        date: new Date('2026-01-02T03:04:05Z'),
        sources: ['one', 'two'],
      });
    });
  });

  it('refuses what a unique index forbids, and in an unordered batch that alone', async () => {
    const { uri } = await startStandIn();
    await withNews(uri, async (news) => {
      await news.createIndex({ title: 1 }, { unique: true });
      const document = (id: string, title: string): News => ({ _id: id, title, date: new Date(), sources: [] });
      await news.insertOne(document('a', 'same'));
      const duplicate = await news.insertOne(document('b', 'same')).catch((error: unknown) => error);
      expect(duplicate).toBeInstanceOf(MongoServerError);
      expect((duplicate as MongoServerError).code).toBe(11_000);
      const batch = [document('c', 'same'), document('d', 'other')];
      const failure = await news.insertMany(batch, { ordered: false }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(MongoBulkWriteError);
      expect((await news.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id)).toEqual(['a', 'd']);
    });
  });

  it('keeps what was written when it is stopped and started again', async () => {
    const first = await startStandIn();
    await withNews(first.uri, (news) => news.bulkWrite([upsert('a', 'one')], { ordered: false }));
    await first.stop();
    await first.stop();
    expect(first.process?.exitCode ?? first.process?.signalCode).not.toBeNull();
    const again = await startStandIn();
    await withNews(again.uri, async (news) => {
      expect(await news.countDocuments()).toBe(1);
    });
  });

  it('ends in good order when the process that started it is gone', async () => {
    const first = await startStandIn();
    await withNews(first.uri, (news) => news.bulkWrite([upsert('a', 'one')], { ordered: false }));
    const { process: server } = first;
    if (!server) throw new Error('the server is ours');
    const exited = once(server, 'exit');
    server.stdin?.destroy();
    expect(await exited).toEqual([0, null]);
    const again = await startStandIn();
    await withNews(again.uri, async (news) => {
      expect(await news.countDocuments()).toBe(1);
    });
  });
});

describe('startDatabase', () => {
  it('starts a mongod with its port and folder', async () => {
    // Stands for mongod on its command line, and is mongo-java-server behind it.
    const classPath = `${standIn.directory}/classes:${standIn.directory}/lib/*`;
    const path = await writeScript(
      join(home, 'mongod'),
      'while [ $# -gt 0 ]; do case $1 in --port) port=$2;; --dbpath) folder=$2;; --bind_ip) host=$2;; esac; shift 2; done',
      `[ "$host" = 127.0.0.1 ] && exec '${standIn.java}' -cp '${classPath}' Launcher "$port" "$folder/store"`,
    );
    const { uri, description } = await start({ kind: 'mongod', path, version: '8.0.17', origin: 'download' });
    expect(description).toBe('MongoDB 8.0.17 (downloaded)');
    await withNews(uri, async (news) => {
      expect(await news.countDocuments()).toBe(0);
    });
  });

  it('uses a given database as it is, and leaves it alone at the end', async () => {
    const own = await startStandIn();
    const given = await start({ kind: 'external', uri: own.uri });
    expect(given).toMatchObject({ uri: own.uri, process: null });
    await given.stop();
    await withNews(own.uri, async (news) => {
      expect(await news.countDocuments()).toBe(0);
    });
  });

  it('says that a port is taken', async () => {
    await startStandIn();
    await expect(startStandIn()).rejects.toThrow(new RegExp(`port ${port}, for the database, is taken`));
  });

  it('says why a server did not start, with the end of its log', async () => {
    const path = await writeScript(join(home, 'mongod'), 'echo "the disk is full" >&2', 'exit 14');
    await expect(start({ kind: 'mongod', path, version: '8.0.17', origin: 'PATH' })).rejects.toThrow(
      /exited with 14 before it answered; the end of .*database\.log:\nthe disk is full/,
    );
    await expect(
      start({ kind: 'mongod', path: join(home, 'absent'), version: '8.0.17', origin: 'PATH' }),
    ).rejects.toThrow(/cannot start .*absent/);
  });

  it('says that a given database does not answer, or is not one, without its password', async () => {
    const silent = start({ kind: 'external', uri: `mongodb://me:secret@127.0.0.1:${port}/` }, 10);
    const error = await silent.catch((reason: unknown) => reason);
    expect((error as Error).message).toMatch(/127\.0\.0\.1:\d+ \(MONGODB_URI\): not within 10 ms/);
    expect((error as Error).message).not.toContain('secret');
    await expect(start({ kind: 'external', uri: 'http://db.example' })).rejects.toThrow(/MONGODB_URI is not/);
  });
});
