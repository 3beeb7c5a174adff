// Reads and writes objects of the API server: every request has a time limit, its turn, and a failure with a name.

import { joinSignals } from '../../runtime/joined-signal.ts';
import type { KubernetesObject, ObjectList, ObjectName, Scale } from './object.ts';
import { askedOf, type Call, Requests, type RequestsOptions } from './requests.ts';
import { apiVersionOf, type Resource } from './resource.ts';
import { readWatch, type WatchEvent } from './watch-stream.ts';

export interface KubernetesClientOptions extends RequestsOptions {
  /** Under this name `apply` owns fields. @default newsjet-operator */
  readonly fieldManager?: string;
}

/** Which objects to list or watch. */
export interface Selection {
  /** @default all namespaces */
  readonly namespace?: string;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** What every request takes. */
export interface RequestContext {
  /** Ends the request, which then throws StoppingError. */
  readonly signal: AbortSignal;
}

/** @see KubernetesClient.watch */
export interface WatchOptions extends Selection, RequestContext {
  readonly resourceVersion: string;
  /** After which the API server ends the watch. */
  readonly timeoutSeconds: number;
}

const PAGE = 500;
const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/**
 * All methods throw a KubernetesError that names the failure, or StoppingError when their signal aborts. A write that ends in
 * a TransientError may have happened.
 */
export class KubernetesClient {
  readonly #requests: Requests;
  readonly #fieldManager: string;

  constructor({ fieldManager = 'newsjet-operator', ...options }: KubernetesClientOptions) {
    this.#requests = new Requests(options);
    this.#fieldManager = fieldManager;
  }

  /** @throws {NotFoundError} */
  get<T extends KubernetesObject>(resource: Resource<T>, at: ObjectName, { signal }: RequestContext): Promise<T> {
    return this.#requests.json({ resource, verb: 'get', method: 'GET', at, signal });
  }

  /** All objects of a kind as they were at one moment, and the version that a watch may go on from. */
  async list<T extends KubernetesObject>(
    resource: Resource<T>,
    { namespace, labelSelector, fieldSelector, signal }: Selection & RequestContext,
  ): Promise<ObjectList<T>> {
    const items: T[] = [];
    const at = collection(namespace);
    for (let next: string | undefined; ; ) {
      const query = { limit: PAGE, labelSelector, fieldSelector, continue: next };
      const page = await this.#requests.json<ObjectList<T>>({
        resource,
        verb: 'list',
        method: 'GET',
        at,
        query,
        signal,
      });
      items.push(...page.items);
      next = page.metadata.continue || undefined;
      if (next === undefined) return { metadata: page.metadata, items };
    }
  }

  /** @throws {AlreadyExistsError} */
  create<T extends KubernetesObject>(resource: Resource<T>, object: T, { signal }: RequestContext): Promise<T> {
    const at = collection(object.metadata.namespace);
    const body = typed(resource, object);
    return this.#requests.json({ resource, verb: 'create', method: 'POST', at, body, signal });
  }

  /** Writes a whole object as it was read. @throws {ConflictError} when it was changed since */
  replace<T extends KubernetesObject>(resource: Resource<T>, object: T, { signal }: RequestContext): Promise<T> {
    const body = typed(resource, object);
    return this.#requests.json({ resource, verb: 'update', method: 'PUT', at: object.metadata, body, signal });
  }

  /**
   * Changes fields, by a merge patch: null removes one, and lists are replaced whole.
   * @param change with `metadata.resourceVersion`, nothing is changed if the object was changed since
   */
  patch<T extends KubernetesObject>(
    resource: Resource<T>,
    at: ObjectName,
    change: unknown,
    { signal, subresource }: RequestContext & { readonly subresource?: string },
  ): Promise<T> {
    const form = { method: 'PATCH', body: change, contentType: MERGE_PATCH } as const;
    return this.#requests.json({ resource, verb: 'patch', at, subresource, ...form, signal });
  }

  /** Changes an object's status, and nothing else. */
  patchStatus<T extends KubernetesObject>(
    resource: Resource<T>,
    at: ObjectName,
    status: unknown,
    { signal, resourceVersion }: RequestContext & { readonly resourceVersion?: string },
  ): Promise<T> {
    const change = { status, ...(resourceVersion !== undefined && { metadata: { resourceVersion } }) };
    return this.patch(resource, at, change, { signal, subresource: 'status' });
  }

  /** Makes an object what it is declared to be, or creates it: fields that others own are left as they are. */
  apply<T extends KubernetesObject>(resource: Resource<T>, object: T, { signal }: RequestContext): Promise<T> {
    const query = { fieldManager: this.#fieldManager, force: true };
    const form = { method: 'PATCH', contentType: APPLY_PATCH, query } as const;
    const body = typed(resource, object);
    return this.#requests.json({ resource, verb: 'patch', at: object.metadata, body, ...form, signal });
  }

  getScale(resource: Resource, at: ObjectName, { signal }: RequestContext): Promise<Scale> {
    return this.#requests.json({ resource, verb: 'get', method: 'GET', subresource: 'scale', at, signal });
  }

  /** Asks for so many replicas. @param context.resourceVersion of the scale that this was decided on */
  setScale(
    resource: Resource,
    at: ObjectName,
    replicas: number,
    { signal, resourceVersion }: RequestContext & { readonly resourceVersion?: string },
  ): Promise<Scale> {
    const body = { spec: { replicas }, ...(resourceVersion !== undefined && { metadata: { resourceVersion } }) };
    const form = { method: 'PATCH', contentType: MERGE_PATCH } as const;
    return this.#requests.json({ resource, verb: 'patch', subresource: 'scale', at, body, ...form, signal });
  }

  /**
   * Deletes an object, and in the background what it owns.
   * @param context.uid deletes that very object only
   * @param context.propagation `Foreground`: the object stays, marked as deleted, until what it owns is gone
   */
  async delete(
    resource: Resource,
    at: ObjectName,
    {
      signal,
      uid,
      propagation = 'Background',
    }: RequestContext & { readonly uid?: string; readonly propagation?: 'Background' | 'Foreground' },
  ): Promise<void> {
    const body = { propagationPolicy: propagation, ...(uid !== undefined && { preconditions: { uid } }) };
    await this.#requests.json({ resource, verb: 'delete', method: 'DELETE', at, body, signal });
  }

  /**
   * What happens to objects of a kind from a version on, until the API server ends the watch. It may fall silent for ever:
   * abort the signal when it has been long enough.
   * @throws {GoneError} when the version is too old
   */
  async *watch<T extends KubernetesObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds } = options;
    const ended = new AbortController();
    const joined = joinSignals(options.signal, ended.signal);
    const selection = { labelSelector, fieldSelector, resourceVersion, timeoutSeconds };
    const query = { watch: true, allowWatchBookmarks: true, ...selection };
    const call: Call = {
      resource,
      verb: 'watch',
      method: 'GET',
      at: collection(namespace),
      query,
      signal: joined.signal,
    };
    try {
      yield* readWatch<T>(await this.#requests.open(call), askedOf(call));
    } catch (error) {
      throw this.#requests.explain(error, call);
    } finally {
      // Whoever stops listening in the middle must not leave the connection behind.
      ended.abort();
      joined.release();
    }
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.#requests.close();
  }
}

const collection = (namespace: string | undefined): Partial<ObjectName> =>
  namespace === undefined ? {} : { namespace };

const typed = <T extends KubernetesObject>(resource: Resource<T>, object: T): T => ({
  ...object,
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
});
