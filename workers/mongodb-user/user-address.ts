// The address of a database for another user.

/** What a user may do in its database: one of MongoDB's own roles. */
export type UserRole = 'readWrite' | 'read';

/** A user of one database, which it is known to. */
export interface ApplicationUser {
  readonly name: string;
  readonly password: string;
  readonly database: string;
  readonly role: UserRole;
}

const ADDRESS = /^(mongodb(?:\+srv)?:\/\/)(?:[^@/?]*@)?([^@/?]+)(?:\/[^?]*)?(?:\?(.*))?$/;

/**
 * The same servers, with the same options, as this user.
 * @param address a connection string; several hosts may be in it
 * @throws {Error} when it is none; it is not shown
 */
export function addressFor(address: string, { name, password, database }: ApplicationUser): string {
  const [, scheme, hosts, query] = ADDRESS.exec(address) ?? [];
  if (!scheme || !hosts) throw new Error('not an address of a database: expected mongodb://… or mongodb+srv://…');
  const options = new URLSearchParams(query);
  // How the other user logs in.
  options.delete('authMechanism');
  options.delete('authMechanismProperties');
  options.set('authSource', database);
  return `${scheme}${encodeURIComponent(name)}:${encodeURIComponent(password)}@${hosts}/?${options}`;
}
