import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseNotFoundError, type DatabasePlan, describeDatabase, findDatabase } from './database.ts';
import { linkTools, writeScript } from './fake-tools.ts';
import { type Environment, runTool } from './tool.ts';

let home: string;
let bin: string;
let cacheDirectory: string;
let progress: string[];
let server: Server;
let requests: string[];
/** What the local stand-in for MongoDB's download host serves; it hangs up on whoever asks for anything else. */
let downloads: Map<string, string | Buffer>;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'newsjet-database-'));
  bin = join(home, 'bin');
  cacheDirectory = join(home, 'cache');
  progress = [];
  requests = [];
  downloads = new Map();
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const extension = /\.tgz(?:\.md5)?$/.exec(request.url ?? '')?.[0] ?? request.url ?? '';
    const body = downloads.get(extension);
    if (body === undefined) request.socket.destroy();
    else response.writeHead(200, { 'content-length': body.length }).end(request.method === 'HEAD' ? undefined : body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.close();
  await rm(home, { recursive: true });
});

async function find(env: Environment = {}, now = new Date()): Promise<DatabasePlan> {
  const { port } = server.address() as AddressInfo;
  return findDatabase({
    cacheDirectory,
    progress: (line) => progress.push(line),
    now,
    env: {
      PATH: bin,
      HOME: home,
      MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${port}`,
      MONGOMS_USE_HTTP: 'true',
      ...env,
    },
  });
}

const fakeMongod = (path: string, version: string) => writeScript(path, `echo "db version v${version}"`);

/** A Java, a compiler and a Maven that leave what the real ones would. */
async function fakeJava(version = '17.0.15'): Promise<void> {
  await linkTools(bin, 'mkdir', 'touch');
  await writeScript(join(bin, 'java'), `echo 'openjdk version "${version}" 2025-04-15' >&2`);
  await writeScript(join(bin, 'javac'), 'touch "$2/Launcher.class"');
  // Its last argument is the folder of the libraries.
  await writeScript(
    join(bin, 'mvn'),
    'for last; do :; done',
    'IFS==; set -- $last',
    'mkdir -p "$2" && touch "$2/server.jar"',
  );
}

describe('findDatabase', () => {
  it('takes MONGODB_URI before anything else, and never shows its password', async () => {
    await fakeMongod(join(bin, 'mongod'), '8.0.4');
    const uri = 'mongodb://user:p%40ss@db1.example:27017,db2.example/news?authSource=admin';
    const plan = await find({ MONGODB_URI: uri });
    expect(plan).toEqual({ kind: 'external', uri });
    expect(describeDatabase(plan)).toBe('MongoDB at db1.example:27017,db2.example (MONGODB_URI)');
    expect(describeDatabase({ kind: 'external', uri: 'mongodb+srv://u:a/b@c@db.example/' })).not.toMatch(/a\/b|c@/);
  });

  it('takes the first mongod on PATH that is new enough', async () => {
    const old = await fakeMongod(join(home, 'old', 'mongod'), '3.6.8');
    const path = await fakeMongod(join(bin, 'mongod'), '7.0.14');
    const plan = await find({ PATH: `${join(home, 'old')}:${bin}` });
    expect(plan).toEqual({ kind: 'mongod', path, version: '7.0.14', origin: 'PATH' });
    expect(progress).toEqual([`${old} is version 3.6.8, and 4.4.0 or newer is needed: skipped`]);
    expect(describeDatabase(plan)).toBe(`MongoDB 7.0.14 (${path})`);
    expect(requests).toEqual([]);
  });

  it('downloads a real mongod where that is possible, once', { timeout: 20_000 }, async () => {
    await fakeMongod(join(home, 'archive', 'bin', 'mongod'), '8.0.17');
    const archive = join(home, 'archive.tgz');
    await runTool('tar', ['-czf', archive, '-C', home, 'archive'], { env: process.env });
    const body = await readFile(archive);
    downloads.set('/', '');
    downloads.set('.tgz', body);
    downloads.set('.tgz.md5', `${createHash('md5').update(body).digest('hex')}  archive.tgz\n`);
    const path = join(cacheDirectory, 'bin', 'mongod-8.0.17');
    const plan = await find();
    expect(plan).toEqual({ kind: 'mongod', path, version: '8.0.17', origin: 'download' });
    expect(describeDatabase(plan)).toBe('MongoDB 8.0.17 (downloaded)');
    expect(progress[1]).toBe('downloading MongoDB 8.0.17');
    expect(requests.some((request) => /^GET \/linux\/mongodb-linux-.*8\.0\.17\.tgz$/.test(request))).toBe(true);
    expect(await readdir(join(cacheDirectory, 'bin'))).toEqual(['mongod-8.0.17']);
    const before = requests.length;
    expect(await find()).toEqual(plan);
    expect(requests).toHaveLength(before);
  });

  it('takes the stand-in where nothing can be downloaded, and remembers that for a day', async () => {
    await fakeJava();
    const start = new Date('2026-03-01T12:00:00Z');
    const later = (hours: number): Date => new Date(start.getTime() + hours * 3_600_000);
    const plan = await find({}, start);
    expect(plan).toMatchObject({ kind: 'mongo-java-server', version: '1.47.0', java: join(bin, 'java') });
    expect(describeDatabase(plan)).toBe('mongo-java-server 1.47.0 (H2), stands in for MongoDB');
    expect(progress.some((line) => line.startsWith('MongoDB cannot be downloaded: '))).toBe(true);
    expect(progress).toContain('fetching mongo-java-server 1.47.0 with Maven');
    expect(requests).toEqual(['HEAD /']);

    progress = [];
    expect(await find({}, later(23))).toEqual(plan);
    expect(requests).toHaveLength(1);
    expect(progress).toHaveLength(1);
    expect(progress[0]).toMatch(
      /^MongoDB cannot be downloaded \(.*remembered for a day in .*mongod-unavailable\.json\)$/,
    );

    await find({}, later(25));
    expect(requests).toHaveLength(2);
  });

  it('asks again when its memory is not readable', async () => {
    await fakeJava();
    await find();
    await writeFile(join(cacheDirectory, 'mongod-unavailable.json'), '{"at": ');
    await find();
    expect(requests).toEqual(['HEAD /', 'HEAD /']);
  });

  it('fetches the stand-in once for all who ask at the same time', async () => {
    await fakeJava('21');
    const plans = await Promise.all([find(), find(), find()]);
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(1);
    expect(progress.filter((line) => line.startsWith('fetching'))).toHaveLength(1);
    const names = await readdir(cacheDirectory);
    expect(names.filter((name) => name.startsWith('mongo-java-server'))).toHaveLength(1);
  });

  it('says in one sentence what it tried and what to do when there is none at all', async () => {
    const error = await find().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseNotFoundError);
    for (const part of ['java is not on PATH', 'set MONGODB_URI', 'install mongod', 'a JDK and Maven']) {
      expect((error as Error).message).toContain(part);
    }
    await fakeJava('11.0.2');
    await expect(find()).rejects.toThrow(/java is version 11\.0\.2, and Java 17 or newer is needed/);
  });
});
