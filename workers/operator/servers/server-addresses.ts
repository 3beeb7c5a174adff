// Where servers are, as settings say it.
import { FatalError } from '../../runtime/errors.ts';
import type { ServerAddress } from './handshake.ts';

const ADDRESS = /^([a-z0-9-]+)=([a-zA-Z0-9.-]+):(\d{1,5})$/;

/**
 * Reads addresses such as `nats-0=nats-0.nats-headless:4222`.
 * @throws {FatalError} naming the one that is none
 */
export function parseServers(texts: readonly string[]): ServerAddress[] {
  return texts.map((text) => {
    const [, name, host, port] = ADDRESS.exec(text) ?? [];
    if (!name || !host) {
      throw new FatalError(`NATS_SERVERS has ${JSON.stringify(text)}: expected <name>=<host>:<port>`);
    }
    return { name, host, port: Number(port) };
  });
}
