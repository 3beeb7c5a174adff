// Has every NATS server take up the permissions that its ConfigMap holds. Its configuration carries a tag that names its
// content, and a server is believed only when it answers with that tag.
import { type NatsConnection, RequestStrategy } from 'nats';
import { SERVER_DISCOVERY } from '../../contract/subjects.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { withinTime } from '../../runtime/time-limit.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { NotFoundError } from '../kubernetes/errors.ts';
import { PODS } from '../servers/server-reloader.ts';
import { reloadServer } from '../servers/system-account.ts';

export interface ServerPermissionsOptions {
  readonly namespace: string;
  /** How many servers there are to be; a pod has the name of its server. */
  readonly servers: number;
  readonly client: Pick<KubernetesClient, 'patch'>;
  /** Connects to the system account. Kept from then on. */
  readonly connect: (signal: AbortSignal) => Promise<NatsConnection>;
  readonly log: Logger;
}

/** On pods of servers: the tag of the configuration that they are to read. */
export const CONFIGURATION_ANNOTATION = 'newsjet.io/configuration';
const TAG_PREFIX = 'newsjet-';
const DISCOVERY_MS = 2_000;
const CONNECT_TIMEOUT_MS = 10_000;

interface Server {
  readonly id: string;
  readonly name: string;
  readonly tag: string | undefined;
}

interface Answer {
  readonly server?: { readonly id?: string; readonly name?: string; readonly tags?: readonly string[] };
}

export class ServerPermissions {
  readonly #options: ServerPermissionsOptions;
  readonly #told = new Map<string, string>();
  #connection: Promise<NatsConnection> | undefined;
  /** What every server was last seen with; false before that. */
  #confirmed: string | undefined | false = false;

  constructor(options: ServerPermissionsOptions) {
    this.#options = options;
  }

  /**
   * Tries once to have every server run the configuration with this tag, or with none; call it again until it succeeds. A
   * server that does not answer holds nothing up as long as most do: it reads its configuration when it starts.
   * @returns the servers that are behind
   */
  async settle(tag: string | undefined, signal: AbortSignal): Promise<string[]> {
    const connection = await this.#connected(signal);
    const before = await this.#behind(connection, tag);
    if (before.length === 0) return [];
    const { log } = this.#options;
    // Their pods are given the file sooner when they change; the kubelet would otherwise take up to a minute and a half.
    await Promise.all(before.map(({ name }) => this.#tell(name, tag ?? '', signal)));
    // One after the other: a configuration that can't be read must not be read by all at once.
    for (const { id, name } of before) {
      try {
        await reloadServer(connection, id);
      } catch (error) {
        log.warn({ server: name, reason: reasonOf(error) }, "can't reload the server yet");
      }
    }
    const left = (await this.#behind(connection, tag)).map(({ name }) => name);
    if (left.length === 0)
      log.info({ tag, servers: before.map(({ name }) => name) }, 'the servers run with new permissions');
    return left;
  }

  /** Whether every server was last seen with this tag. */
  isConfirmed(tag: string | undefined): boolean {
    return this.#confirmed === tag;
  }

  /** Anew where the last connection was closed for good, or could not be made. */
  async #connected(signal: AbortSignal): Promise<NatsConnection> {
    const connection = await this.#connection?.catch(() => undefined);
    if (connection && !connection.isClosed()) return connection;
    this.#connection = withinTime(CONNECT_TIMEOUT_MS, signal, (limit) => this.#options.connect(limit));
    return this.#connection;
  }

  async #behind(connection: NatsConnection, tag: string | undefined): Promise<Server[]> {
    const { servers: expected } = this.#options;
    const servers = await this.#servers(connection);
    if (2 * servers.length <= expected) {
      throw new Error(`${servers.length} of ${expected} NATS servers answer over the system account`);
    }
    const behind = servers.filter((server) => server.tag !== tag);
    this.#confirmed = behind.length === 0 ? tag : false;
    return behind;
  }

  async #servers(connection: NatsConnection): Promise<Server[]> {
    const { servers } = this.#options;
    const found: Server[] = [];
    const answers = await connection.requestMany(SERVER_DISCOVERY, '', {
      strategy: RequestStrategy.Count,
      maxMessages: servers,
      maxWait: DISCOVERY_MS,
    });
    for await (const answer of answers) {
      const { id, name, tags = [] } = answer.json<Answer>().server ?? {};
      if (id !== undefined && name !== undefined) {
        found.push({ id, name, tag: tags.find((each) => each.startsWith(TAG_PREFIX)) });
      }
    }
    return found;
  }

  async #tell(name: string, tag: string, signal: AbortSignal): Promise<void> {
    const { client, namespace, log } = this.#options;
    if (this.#told.get(name) === tag) return;
    const change = { metadata: { annotations: { [CONFIGURATION_ANNOTATION]: tag } } };
    try {
      await client.patch(PODS, { namespace, name }, change, { signal });
      this.#told.set(name, tag);
    } catch (error) {
      if (signal.aborted) throw error;
      // It only takes longer then.
      if (!(error instanceof NotFoundError))
        log.warn({ server: name, reason: reasonOf(error) }, "can't hasten the pod");
    }
  }
}
