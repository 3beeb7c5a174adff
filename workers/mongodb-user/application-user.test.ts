import { MongoServerError } from 'mongodb';
import { expect, it } from 'vitest';
import { type CommandDatabase, checkAccess, ensureUser } from './application-user.ts';

const USER = { name: 'newsjet', password: 'drawn', database: 'news', role: 'readWrite' } as const;
const QUESTION = { usersInfo: { user: 'newsjet', db: 'news' } };
const RIGHTS = { pwd: 'drawn', roles: [{ role: 'readWrite', db: 'news' }] };

/** A database that notes its commands and answers with these in turn, and then with nothing in particular. */
function noting(...answers: unknown[]): { database: CommandDatabase; commands: unknown[] } {
  const commands: unknown[] = [];
  const command = async (document: unknown): Promise<unknown> => {
    commands.push(document);
    const answer = answers.shift() ?? { ok: 1 };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { database: { command }, commands };
}

it('creates a user who may read and write one database', async () => {
  const { database, commands } = noting({ users: [] });
  expect(await ensureUser(database, USER)).toBe('created');
  expect(commands).toEqual([QUESTION, { createUser: 'newsjet', ...RIGHTS }]);
});

it('creates a user who may read alone', async () => {
  const { database, commands } = noting({ users: [] });
  await ensureUser(database, { ...USER, role: 'read' });
  expect(commands[1]).toEqual({ createUser: 'newsjet', pwd: 'drawn', roles: [{ role: 'read', db: 'news' }] });
});

it('gives one that is there the password and no other role', async () => {
  const { database, commands } = noting({ users: [{ user: 'newsjet' }] });
  expect(await ensureUser(database, USER)).toBe('updated');
  expect(commands).toEqual([QUESTION, { updateUser: 'newsjet', ...RIGHTS }]);
});

it('updates one that has just been created by somebody else', async () => {
  const { database, commands } = noting(
    { users: [] },
    new MongoServerError({ code: 51_003, errmsg: 'already exists' }),
  );
  expect(await ensureUser(database, USER)).toBe('updated');
  expect(commands).toEqual([QUESTION, { createUser: 'newsjet', ...RIGHTS }, { updateUser: 'newsjet', ...RIGHTS }]);
});

it('passes on any other failure', async () => {
  const refused = new MongoServerError({ code: 13, errmsg: 'not authorized' });
  await expect(ensureUser(noting({ users: [] }, refused).database, USER)).rejects.toBe(refused);
});

it('checks that a login may read', async () => {
  const { database, commands } = noting();
  await checkAccess(database);
  expect(commands).toEqual([{ ping: 1 }, { listCollections: 1, nameOnly: true }]);
});
