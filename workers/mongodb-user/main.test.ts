// The worker as a process, as it is bundled, with a database that knows logins.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { workerBundle } from '../../test/support/paths.ts';
import { WireDatabase } from './testing/wire-database.ts';

const PASSWORD = 'drawn-for-the-application';
const APPEAR_TIMEOUT_MS = 10_000;
let database: WireDatabase;
let directory: string;
let runs = 0;
const file = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-user-'));
  await writeFile(file('username'), 'newsjet');
  await writeFile(file('password'), PASSWORD);
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  database = await WireDatabase.start();
});
afterEach(() => database.stop());

/** Starts the worker; `end` says how it ended and what it printed. */
async function start(uri: string, more: Readonly<Record<string, string>> = {}) {
  await writeFile(file('uri'), uri);
  const logFile = file(`run-${runs++}.log`);
  const child = new Child({
    name: 'mongodb-user',
    command: process.execPath,
    args: [workerBundle('mongodb-user')],
    environment: {
      WORKER: 'mongodb-user',
      MONGODB_URI_FILE: file('uri'),
      MONGODB_DATABASE: 'news',
      USERNAME_FILE: file('username'),
      PASSWORD_FILE: file('password'),
      ...more,
    },
    logFile,
  });
  const output = (): Promise<string> => readFile(logFile, 'utf8');
  const end = async () => ({ code: (await child.exited).code, output: await output() });
  return { child, output, end };
}

const run = async (...parameters: Parameters<typeof start>) => (await start(...parameters)).end();

it('creates the user, and gives it the password of the day when it is there', async () => {
  const first = await run(database.uri());
  expect(first.output).toContain('created the user, who may read and write the database');
  expect(first.output).toContain('the user can log in and read the database');
  expect(first.code).toBe(0);
  const expected = { password: PASSWORD, roles: [{ role: 'readWrite', db: 'news' }] };
  expect(database.users.get('news.newsjet')).toEqual(expected);
  expect(database.commands).toEqual(['usersInfo', 'createUser', 'ping', 'listCollections']);

  database.users.set('news.newsjet', { password: 'of yesterday', roles: [{ role: 'dbOwner', db: 'news' }] });
  const second = await run(database.uri());
  expect(second.output).toContain('updated the user');
  expect(second.code).toBe(0);
  expect(database.users.get('news.newsjet')).toEqual(expected);
  expect(first.output + second.output).not.toMatch(/drawn-for|first|of yesterday/);
});

it('waits for a database that is away', async () => {
  const [port] = (await freePorts(1)) as [number];
  const { output, end } = await start(
    `mongodb://root:first@127.0.0.1:${port}/?authSource=admin&serverSelectionTimeoutMS=300`,
  );
  await waitFor('a failed attempt', APPEAR_TIMEOUT_MS, async () =>
    (await output()).includes('waiting for the database'),
  );
  const late = await WireDatabase.start(port);
  try {
    expect((await end()).code).toBe(0);
    expect(late.users.has('news.newsjet')).toBe(true);
  } finally {
    await late.stop();
  }
});

it('waits for the first user of a database that starts', async () => {
  database.users.clear();
  const { output, end } = await start(database.uri());
  await waitFor('a refused login', APPEAR_TIMEOUT_MS, async () => (await output()).includes('Authentication failed'));
  database.users.set('admin.root', { password: 'first', roles: [{ role: 'root', db: 'admin' }] });
  expect((await end()).code).toBe(0);
});

it('does not count as done when it is told to stop before it is', async () => {
  const { child, output, end } = await start(database.uri('another'));
  await waitFor('a refused login', APPEAR_TIMEOUT_MS, async () => (await output()).includes('Authentication failed'));
  child.kill('SIGTERM');
  const ended = await end();
  expect(ended.code).toBe(1);
  expect(ended.output).toContain('"reason":"told to stop before the user was there: Authentication failed');
});

it('says what to check when the login stays refused', async () => {
  const { code, output } = await run(database.uri('another'), { LOGIN_TIMEOUT_MS: '500' });
  expect(code).toBe(1);
  expect(output).toContain('A volume keeps the users that were created on it, whatever the Secret says now');
  expect(output).toContain('Authentication failed');
  expect(output).not.toContain('another@');
  expect(output).not.toContain('"stack"');
});

it('gives up at once where it may not create users', async () => {
  database.users.set('admin.root', { password: 'first', roles: [] });
  const { code, output } = await run(database.uri());
  expect(code).toBe(1);
  expect(output).toContain(
    '"reason":"the database refuses the command: not authorized on news to execute command usersInfo"',
  );
});

it('gives up on a database that stays away', async () => {
  const uri = 'mongodb://root:first@127.0.0.1:1/?serverSelectionTimeoutMS=200';
  const { code, output } = await run(uri, { TIMEOUT_MS: '1000' });
  expect(code).toBe(1);
  expect(output).toMatch(/"reason":"not done within 1000 ms \(TIMEOUT_MS\): .*ECONNREFUSED/);
});

it('refuses an environment that it can not use', async () => {
  const { code, output } = await run('', { USERNAME_FILE: '', PASSWORD_FILE: file('none') });
  expect(code).toBe(2);
  expect(output).toContain('MONGODB_URI: MONGODB_URI_FILE names');
  expect(output).toContain('USERNAME is not set (USERNAME_FILE may name a file that holds it)');
  expect(output).toContain('PASSWORD: PASSWORD_FILE names');
});
