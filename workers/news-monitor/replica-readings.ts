// How many connections each worker has: its replicas, as the servers see them.
import type { NatsConnection } from 'nats';
import { ACCOUNT_CONNECTIONS } from '../contract/subjects.ts';
import { askServers } from '../runtime/server-reports.ts';
import { explain } from './readings.ts';
import type { ConsumersEvent } from './snapshot.ts';

/** Connections that a server names in one answer. */
const PAGE = 1_000;
const TIMEOUT_MS = 2_000;

/** A page of a server's connections, those of our own account: the server sees to that. */
interface ConnectionPage {
  /** On that server, of all pages. */
  readonly total: number;
  readonly connections?: readonly { readonly authorized_user?: string }[];
}

/**
 * Counts connections by identity, or says why they can't be read: what some servers say alone is less than there are.
 * @param servers of the cluster
 * @param page connections in one answer @default 1000
 */
export async function readReplicas(
  connection: NatsConnection,
  servers: number,
  page = PAGE,
): Promise<ConsumersEvent['replicas']> {
  const counts: Record<string, number> = {};
  try {
    for (let offset = 0; ; offset += page) {
      // By connection id, the order in which they came: pages neither overlap nor miss what was there from the beginning.
      const request = { auth: true, sort: 'cid', limit: page, offset };
      const reports = await askServers<ConnectionPage>(connection, ACCOUNT_CONNECTIONS, request, {
        servers,
        timeoutMs: TIMEOUT_MS,
      });
      if (reports.length < servers) return { unknown: `${reports.length} of ${servers} servers answered` };
      for (const { data } of reports) {
        for (const { authorized_user } of data.connections ?? []) {
          const identity = identityOf(authorized_user);
          if (identity) counts[identity] = (counts[identity] ?? 0) + 1;
        }
      }
      if (reports.every(({ data }) => data.total <= offset + page)) return counts;
    }
  } catch (error) {
    return { unknown: explain(error) };
  }
}

/** The server names a user by the subject of its certificate. */
const identityOf = (user: string | undefined): string | undefined => /^CN=([^,]+)$/.exec(user ?? '')?.[1];
