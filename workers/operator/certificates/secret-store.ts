// The Secrets of the plan at the API server: read one by one, since a list would show all others too, and written as they were
// read or not at all.
import type { KubernetesClient } from '../kubernetes/client.ts';
import { NotFoundError } from '../kubernetes/errors.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import { apiVersionOf } from '../kubernetes/resource.ts';
import { TLS_TYPE } from './actions.ts';
import { decodeSecret, encodeData, SECRETS, type SecretObject, type StoredSecret } from './secret-object.ts';

export interface SecretStoreOptions {
  readonly namespace: string;
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'replace'>;
}

export class SecretStore {
  readonly #options: SecretStoreOptions;
  #objects = new Map<string, SecretObject>();

  constructor(options: SecretStoreOptions) {
    this.#options = options;
  }

  /** Reads Secrets; those that are not there are left out. */
  async read(names: readonly string[], signal: AbortSignal): Promise<Map<string, StoredSecret>> {
    const { client, namespace } = this.#options;
    const objects = new Map<string, SecretObject>();
    for (const name of names) {
      try {
        objects.set(name, await client.get(SECRETS, { namespace, name }, { signal }));
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    }
    this.#objects = objects;
    return new Map([...objects].map(([name, object]) => [name, decodeSecret(object)]));
  }

  /**
   * Creates a Secret, or changes the one that was read.
   * @throws {ConflictError} when it was changed since
   * @throws {AlreadyExistsError} when it was created since
   */
  async write(name: string, secret: StoredSecret, signal: AbortSignal): Promise<SecretObject> {
    const { client, namespace } = this.#options;
    const { labels, annotations } = secret;
    const before = this.#objects.get(name);
    const data = encodeData(secret.data);
    const written = before
      ? await client.replace(
          SECRETS,
          { ...before, metadata: { ...before.metadata, labels, annotations }, data },
          { signal },
        )
      : await client.create(
          SECRETS,
          { metadata: { name, namespace, labels, annotations }, type: TLS_TYPE, data },
          { signal },
        );
    this.#objects.set(name, written);
    return written;
  }

  /** A Secret as an Event names it, there or not; nothing of what it holds. */
  reference(name: string): KubernetesObject {
    const { namespace } = this.#options;
    const uid = this.#objects.get(name)?.metadata.uid;
    const { kind } = SECRETS;
    return {
      apiVersion: apiVersionOf(SECRETS),
      kind,
      metadata: { name, namespace, ...(uid !== undefined && { uid }) },
    };
  }
}
