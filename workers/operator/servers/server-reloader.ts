// Has every NATS server take up the certificate that its Secret holds: its pod is given the files, it reads them, and it is
// believed only when it presents the certificate.
import type { NatsConnection } from 'nats';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { SYSTEM_CLOCK, withTimeLimit } from '../kubernetes/clock.ts';
import { NotFoundError } from '../kubernetes/errors.ts';
import { defineResource } from '../kubernetes/resource.ts';
import { reloadDirectly, type SystemFiles } from './direct-reload.ts';
import type { ServerAddress } from './handshake.ts';
import { presentedSerial } from './presented-certificate.ts';
import { discoverServers, reloadServer } from './system-account.ts';

export interface ServerReloaderOptions {
  readonly namespace: string;
  /** All servers that there are to be; a pod has the name of its server. */
  readonly servers: readonly ServerAddress[];
  readonly client: Pick<KubernetesClient, 'patch'>;
  /** Connects to the system account; asked only while a server is behind. */
  readonly connect: (signal: AbortSignal) => Promise<NatsConnection>;
  /**
   * Of the system account's identity: presented to servers that are looked at, which note it as an error otherwise, and used to
   * reload those that nobody connects to any more. @default such servers stay behind
   */
  readonly files?: () => Promise<SystemFiles>;
  readonly log: Logger;
}

const CONNECT_TIMEOUT_MS = 10_000;

export const PODS = defineResource({ group: '', version: 'v1', plural: 'pods', kind: 'Pod' });
/** On pods, and on the template of the database's: the serial number of the certificate that they are to use. */
export const CERTIFICATE_ANNOTATION = 'newsjet.io/certificate';

export class ServerReloader {
  readonly #options: ServerReloaderOptions;
  /** Serial numbers that pods were told of, by server. */
  readonly #told = new Map<string, string>();

  constructor(options: ServerReloaderOptions) {
    this.#options = options;
  }

  /**
   * Tries once to have every server present a certificate; call it again until none is behind. A server that can't be reached
   * is behind, too: one that is stopped reads its files when it starts.
   * @param serial hexadecimal in capitals
   * @returns the servers that do not present it
   */
  async settle(serial: string, signal: AbortSignal): Promise<string[]> {
    const behind = await this.#behind(serial, signal);
    if (behind.length === 0) return [];
    await Promise.all(behind.map(({ name }) => this.#tell(name, serial, signal)));
    await this.#reload(behind, signal);
    const left = (await this.#behind(serial, signal)).map(({ name }) => name);
    for (const { name } of behind) {
      if (!left.includes(name))
        this.#options.log.info({ server: name, serial }, 'the server presents its new certificate');
    }
    return left;
  }

  async #behind(serial: string, signal: AbortSignal): Promise<ServerAddress[]> {
    const { servers, log } = this.#options;
    const client = await this.#files();
    const present = async (server: ServerAddress): Promise<boolean> => {
      try {
        return (await presentedSerial(server, { signal, ...(client && { client }) })) === serial;
      } catch (error) {
        log.debug({ server: server.name, reason: reasonOf(error) }, "can't see the server's certificate");
        return false;
      }
    };
    const settled = await Promise.all(servers.map(present));
    return servers.filter((_, index) => !settled[index]);
  }

  /**
   * The kubelet brings a changed Secret into a pod when it next looks at the pod, which may take more than a minute; it looks at
   * once when the pod changes.
   */
  async #tell(name: string, serial: string, signal: AbortSignal): Promise<void> {
    const { client, namespace, log } = this.#options;
    if (this.#told.get(name) === serial) return;
    const change = { metadata: { annotations: { [CERTIFICATE_ANNOTATION]: serial } } };
    try {
      await client.patch(PODS, { namespace, name }, change, { signal });
      this.#told.set(name, serial);
    } catch (error) {
      if (signal.aborted) throw error;
      // It only takes longer then.
      if (!(error instanceof NotFoundError))
        log.warn({ server: name, reason: reasonOf(error) }, "can't hasten the pod");
    }
  }

  async #reload(behind: readonly ServerAddress[], signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const asked = await this.#reloadTogether(behind, signal);
    const files = await this.#files();
    if (!files) return;
    for (const server of behind.filter(({ name }) => !asked.has(name))) {
      try {
        await reloadDirectly(server, files, { signal });
      } catch (error) {
        if (signal.aborted) throw error;
        log.warn({ server: server.name, reason: reasonOf(error) }, "can't reload the server directly yet");
      }
    }
  }

  /** Over one connection, to whichever server takes it. @returns the servers that were found there */
  async #reloadTogether(behind: readonly ServerAddress[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { connect, servers, log } = this.#options;
    const asked = new Set<string>();
    let connection: NatsConnection | undefined;
    try {
      connection = await withTimeLimit(SYSTEM_CLOCK, CONNECT_TIMEOUT_MS, signal, connect);
      const identifiers = await discoverServers(connection, servers.length);
      // One after the other: a configuration that can't be read must not be read by all at once.
      for (const { name } of behind) {
        const id = identifiers.get(name);
        if (id === undefined) continue;
        asked.add(name);
        await this.#reloadOne(connection, name, id);
      }
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ servers: behind.map(({ name }) => name), reason: reasonOf(error) }, "can't reload servers yet");
    } finally {
      await connection?.close();
    }
    return asked;
  }

  async #reloadOne(connection: NatsConnection, name: string, id: string): Promise<void> {
    try {
      await reloadServer(connection, id);
    } catch (error) {
      this.#options.log.warn({ server: name, reason: reasonOf(error) }, "can't reload the server yet");
    }
  }

  /** Undefined when they can't be read. */
  async #files(): Promise<SystemFiles | undefined> {
    return this.#options.files?.().catch(() => undefined);
  }
}
