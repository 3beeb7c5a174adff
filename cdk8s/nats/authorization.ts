// The accounts, users and permissions of the server: one user an identity, known by its certificate's subject.
import { ACCOUNT_NAMES, type Account, type Identity } from '../../workers/contract/permissions.ts';
import type { Topology } from '../../workers/contract/topology.ts';
import type { ConfObject } from './conf.ts';

/** The user name that the server derives from an identity's certificate. */
export const certificateUser = (identity: string): string => `CN=${identity}`;

/**
 * What an account's own clients may ask of every server: who is connected to that account. The server exports it by itself; but once it
 * has read its configuration anew, only the first answer of that export comes through (2.15.2), while that of a declared one stays as
 * it is.
 */
const CONNECTIONS: ConfObject = {
  service: '$SYS.REQ.ACCOUNT.*.CONNZ',
  response_type: 'stream',
  // Each account may ask about itself alone.
  account_token_position: 4,
};

/** Computes the `accounts` and `system_account` of the configuration. */
export function authorization({ identities }: Pick<Topology, 'identities'>): ConfObject {
  const users = (account: Account): ConfObject[] =>
    identities.filter((identity) => identity.account === account).map(user);
  return {
    system_account: ACCOUNT_NAMES.system,
    accounts: {
      [ACCOUNT_NAMES.newsjet]: { jetstream: 'enabled', users: users('newsjet') },
      [ACCOUNT_NAMES.system]: { users: users('system'), exports: [CONNECTIONS] },
    },
  };
}

/** Lists that only allow: what is not named is denied. */
function user({ name, publish, subscribe }: Identity): ConfObject {
  return {
    user: certificateUser(name),
    permissions: { publish: only(publish), subscribe: only(subscribe) },
  };
}

/** To the server, an empty list of what is allowed would mean everything. */
const only = (subjects: readonly string[]): ConfObject => (subjects.length > 0 ? { allow: subjects } : { deny: ['>'] });
