// The worker as a process, as it is bundled, with a database that knows logins.
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { issueAuthority, issueServerCertificate } from '../../certs/authority.ts';
import { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { workerBundle } from '../../test/support/paths.ts';
import { TlsFront } from '../../test/support/tls-front.ts';
import { WireDatabase } from './testing/wire-database.ts';

const PASSWORD = 'drawn-for-the-application';
const READER_PASSWORD = 'drawn-for-the-reader';
const APPEAR_TIMEOUT_MS = 30_000;
let database: WireDatabase;
let directory: string;
let runs = 0;
const file = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-user-'));
  await writeFile(file('username'), 'newsjet');
  await writeFile(file('password'), PASSWORD);
  await writeFile(file('reader'), 'newsjet-reader');
  await writeFile(file('reader-password'), READER_PASSWORD);
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
      APP_USERNAME_FILE: file('username'),
      APP_PASSWORD_FILE: file('password'),
      READER_USERNAME_FILE: file('reader'),
      READER_PASSWORD_FILE: file('reader-password'),
      ...more,
    },
    logFile,
  });
  const output = (): Promise<string> => readFile(logFile, 'utf8');
  const end = async () => ({ code: (await child.exited).code, output: await output() });
  return { child, output, end };
}

const run = async (...parameters: Parameters<typeof start>) => (await start(...parameters)).end();

it('creates the users, and gives them the passwords of the day when they are there', async () => {
  const first = await run(database.uri());
  expect(first.output.match(/"role":"readWrite","msg":"created the user"/g)).toHaveLength(1);
  expect(first.output.match(/"role":"read","msg":"created the user"/g)).toHaveLength(1);
  expect(first.output.match(/the user can log in and read the database/g)).toHaveLength(2);
  expect(first.code).toBe(0);
  const writer = { password: PASSWORD, roles: [{ role: 'readWrite', db: 'news' }] };
  const reader = { password: READER_PASSWORD, roles: [{ role: 'read', db: 'news' }] };
  const users = () => ['news.newsjet', 'news.newsjet-reader'].map((key) => database.users.get(key));
  expect(users()).toEqual([writer, reader]);
  const [creation, check] = [
    ['usersInfo', 'createUser'],
    ['ping', 'listCollections'],
  ];
  expect(database.commands).toEqual([...creation, ...creation, ...check, ...check].flat());

  database.users.set('news.newsjet', { password: 'of yesterday', roles: [{ role: 'dbOwner', db: 'news' }] });
  database.users.set('news.newsjet-reader', { password: 'of yesterday', roles: [{ role: 'readWrite', db: 'news' }] });
  const second = await run(database.uri());
  expect(second.output.match(/updated the user/g)).toHaveLength(2);
  expect(second.code).toBe(0);
  expect(users()).toEqual([writer, reader]);
  expect(first.output + second.output).not.toMatch(/drawn-for|first|of yesterday/);
});

it('does not make one user of two', async () => {
  const { code, output } = await run(database.uri(), { READER_USERNAME: 'newsjet' });
  expect(code).toBe(1);
  expect(output).toContain('APP_USERNAME and READER_USERNAME are both newsjet');
  expect(database.users.has('news.newsjet')).toBe(false);
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
    expect(late.users.has('news.newsjet-reader')).toBe(true);
  } finally {
    await late.stop();
  }
});

it('waits for the authority that its database is known by', async () => {
  const [authority, another] = await Promise.all([issueAuthority(), issueAuthority()]);
  const front = await TlsFront.start(database.uri(), await issueServerCertificate({ authority, names: ['127.0.0.1'] }));
  try {
    await writeFile(file('ca.crt'), another.certificate);
    const { output, end } = await start(front.uri(file('ca.crt')));
    await waitFor('a refused certificate', APPEAR_TIMEOUT_MS, async () => /certificate/.test(await output()));
    // In one step, as a Secret's files are: half a certificate is none.
    await writeFile(file('ca.crt.next'), authority.certificate);
    await rename(file('ca.crt.next'), file('ca.crt'));
    expect((await end()).code).toBe(0);
    expect(database.users.has('news.newsjet-reader')).toBe(true);
  } finally {
    await front.stop();
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
  expect(ended.output).toContain('"reason":"told to stop before the users were there: Authentication failed');
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
  const { code, output } = await run(uri, { TIMEOUT_MS: '5000' });
  expect(code).toBe(1);
  expect(output).toMatch(/"reason":"not done within 5000 ms \(TIMEOUT_MS\): .*ECONNREFUSED/);
});

it('refuses an environment that it can not use', async () => {
  const { code, output } = await run('', { APP_USERNAME_FILE: '', READER_PASSWORD_FILE: file('none') });
  expect(code).toBe(2);
  expect(output).toContain('MONGODB_URI: MONGODB_URI_FILE names');
  expect(output).toContain('APP_USERNAME is not set (APP_USERNAME_FILE may name a file that holds it)');
  expect(output).toContain('READER_PASSWORD: READER_PASSWORD_FILE names');
});
