// A user of the application: known to its own database, where it has one role, and to nothing else.
import { MongoServerError } from 'mongodb';
import type { ApplicationUser } from './user-address.ts';

/** A database that takes commands; the driver's Db is one. */
export interface CommandDatabase {
  command(command: Readonly<Record<string, unknown>>, options: { readonly timeoutMS: number }): Promise<unknown>;
}

/** MongoDB's code for a user who is there already. */
const USER_EXISTS = 51_003;
const OPTIONS = { timeoutMS: 10_000 };

/**
 * Creates the user, or gives the one that there is this password and no other role than this.
 * @param database the user's own, opened by somebody who may create users
 */
export async function ensureUser(database: CommandDatabase, user: ApplicationUser): Promise<'created' | 'updated'> {
  const rights = { pwd: user.password, roles: [{ role: user.role, db: user.database }] };
  const found = (await database.command({ usersInfo: { user: user.name, db: user.database } }, OPTIONS)) as {
    readonly users: readonly unknown[];
  };
  if (found.users.length === 0) {
    try {
      await database.command({ createUser: user.name, ...rights }, OPTIONS);
      return 'created';
    } catch (error) {
      // Somebody else has just done it, or this did and the answer was lost.
      if (!(error instanceof MongoServerError) || error.code !== USER_EXISTS) throw error;
    }
  }
  await database.command({ updateUser: user.name, ...rights }, OPTIONS);
  return 'updated';
}

/**
 * Does what needs a login and the right to read.
 * @param database the user's own, opened by the user
 */
export async function checkAccess(database: CommandDatabase): Promise<void> {
  await database.command({ ping: 1 }, OPTIONS);
  await database.command({ listCollections: 1, nameOnly: true }, OPTIONS);
}
