// What is asked of servers over the system account: who there is, and to read their configuration and certificates anew.
import type { NatsConnection } from 'nats';
import { RequestStrategy } from 'nats';
import { SERVER_DISCOVERY, serverReload } from '../../contract/subjects.ts';
import { reasonOf } from '../../runtime/errors.ts';

/** A server did not do what it was asked, or did not answer. */
export class ServerRequestError extends Error {
  override readonly name = 'ServerRequestError';
}

interface PingAnswer {
  readonly server?: { readonly id?: unknown; readonly name?: unknown };
}

/** What a server says to a reload. */
export interface ReloadAnswer {
  readonly error?: { readonly description?: unknown };
}

const DISCOVERY_MS = 2_000;
/** A reload reads files and goes through every client. */
const RELOAD_TIMEOUT_MS = 10_000;

/**
 * Asks all servers who they are, until so many have answered or time is over.
 * @returns identifiers by names
 * @throws {ServerRequestError} when nobody can be asked
 */
export async function discoverServers(
  connection: NatsConnection,
  expected: number,
  timeoutMs = DISCOVERY_MS,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  try {
    const answers = await connection.requestMany(SERVER_DISCOVERY, '', {
      strategy: RequestStrategy.Count,
      maxMessages: expected,
      maxWait: timeoutMs,
    });
    for await (const answer of answers) {
      const { server } = answer.json<PingAnswer>();
      if (typeof server?.id === 'string' && typeof server.name === 'string') found.set(server.name, server.id);
    }
  } catch (error) {
    throw new ServerRequestError("can't ask the servers who they are", { cause: error });
  }
  return found;
}

/**
 * Has a server read its configuration and certificates anew. Its connections stay as they are.
 * @param id as {@link discoverServers} has it
 * @throws {ServerRequestError} when it refuses, such as for a key that is not the certificate's, or does not answer
 */
export async function reloadServer(
  connection: NatsConnection,
  id: string,
  timeoutMs = RELOAD_TIMEOUT_MS,
): Promise<void> {
  let answer: ReloadAnswer;
  try {
    answer = (await connection.request(serverReload(id), '', { timeout: timeoutMs })).json<ReloadAnswer>();
  } catch (error) {
    throw new ServerRequestError(`the server ${id} does not answer to a reload: ${reasonOf(error)}`, { cause: error });
  }
  checkReload(id, answer);
}

/** @throws {ServerRequestError} when a server's answer is that it could not reload */
export function checkReload(server: string, { error }: ReloadAnswer): void {
  if (!error) return;
  const why = String(error.description)
    .trim()
    .replace(/\s*\n\s*/g, '; ');
  throw new ServerRequestError(`the server ${server} can't reload: ${why}`);
}
