// The API server as far as scalers use it, in memory: it can fail, fall silent and forget to tell.
import { StoppingError } from '../../../runtime/errors.ts';
import type { RequestContext, Selection, WatchOptions } from '../../kubernetes/client.ts';
import { ConflictError, TransientError } from '../../kubernetes/errors.ts';
import type { EventReport } from '../../kubernetes/event-record.ts';
import { type KubernetesObject, keyOf, type ObjectList, type ObjectName, type Scale } from '../../kubernetes/object.ts';
import type { Resource } from '../../kubernetes/resource.ts';
import type { WatchEvent } from '../../kubernetes/watch-stream.ts';
import { DEPLOYMENTS, type Deployment, WORKER_SCALERS, type WorkerScaler } from '../resources.ts';

type Listener = (event: WatchEvent<KubernetesObject>) => void;

export const NAMESPACE = 'news';

export class FakeApi {
  readonly scalers = new Map<string, WorkerScaler>();
  readonly deployments = new Map<string, Deployment>();
  /** Every scale that was written, in order. */
  readonly scales: number[] = [];
  readonly statuses: Record<string, unknown>[] = [];
  readonly events: (EventReport & { readonly kind: string | undefined; readonly name: string })[] = [];
  /** Refuses every write. */
  away = false;
  /** Tells watches nothing. */
  silent = false;
  /** Writes of scales wait for this. */
  delay: Promise<void> = Promise.resolve();
  #version = 0;
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Creates or replaces an object, as somebody else would. */
  put(resource: Resource, object: KubernetesObject): void {
    this.#version += 1;
    const { name } = object.metadata;
    const uid = object.metadata.uid ?? `uid-${name}`;
    const metadata = { generation: 1, uid, ...object.metadata, namespace: NAMESPACE };
    const stored = { ...object, metadata: { ...metadata, resourceVersion: String(this.#version) } };
    const objects = this.#objects(resource);
    const type = objects.has(name) ? 'MODIFIED' : 'ADDED';
    objects.set(name, stored);
    this.#tell(resource, { type, object: stored });
  }

  remove(resource: Resource, name: string): void {
    const object = this.#objects(resource).get(name);
    this.#objects(resource).delete(name);
    if (object) this.#tell(resource, { type: 'DELETED', object });
  }

  readonly list = async <T extends KubernetesObject>(
    resource: Resource<T>,
    _: Selection & RequestContext,
  ): Promise<ObjectList<T>> => {
    const items = [...this.#objects(resource).values()] as unknown as T[];
    return { metadata: { resourceVersion: String(this.#version) }, items };
  };

  readonly watch = async function* <T extends KubernetesObject>(
    this: FakeApi,
    resource: Resource<T>,
    { signal }: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const events: WatchEvent<T>[] = [];
    let wake: () => void = () => {};
    const listener: Listener = (event) => {
      events.push(event as WatchEvent<T>);
      wake();
    };
    const listeners = this.#listeners.get(resource.plural) ?? new Set();
    this.#listeners.set(resource.plural, listeners.add(listener));
    signal.addEventListener('abort', () => wake(), { once: true });
    try {
      while (!signal.aborted) {
        const event = events.shift();
        if (event) yield event;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
      throw new StoppingError();
    } finally {
      listeners.delete(listener);
    }
  }.bind(this) as <T extends KubernetesObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ) => AsyncGenerator<WatchEvent<T>>;

  readonly setScale = async (
    _: Resource,
    { name }: ObjectName,
    replicas: number,
    { signal, resourceVersion }: RequestContext & { readonly resourceVersion?: string },
  ): Promise<Scale> => {
    await this.delay;
    this.#check(signal);
    const deployment = this.deployments.get(name);
    if (!deployment || deployment.metadata.resourceVersion !== resourceVersion) throw new ConflictError('changed');
    this.scales.push(replicas);
    this.put(DEPLOYMENTS, { ...deployment, spec: { ...deployment.spec, replicas } } as Deployment);
    return { metadata: this.deployments.get(name)?.metadata ?? { name }, spec: { replicas } };
  };

  readonly patchStatus = async <T extends KubernetesObject>(
    _: Resource<T>,
    { name }: ObjectName,
    patch: unknown,
    { signal }: RequestContext,
  ): Promise<T> => {
    this.#check(signal);
    const scaler = this.scalers.get(name);
    if (!scaler) throw new Error(`there is no scaler ${name}`);
    const merged = { ...scaler.status, ...(patch as object) };
    const status = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
    this.statuses.push(status);
    this.put(WORKER_SCALERS, { ...scaler, status } as WorkerScaler);
    return this.scalers.get(name) as unknown as T;
  };

  readonly record = ({ kind, metadata: { name } }: KubernetesObject, report: EventReport): void => {
    this.events.push({ ...report, kind, name });
  };

  #check(signal: AbortSignal): void {
    if (signal.aborted) throw new StoppingError();
    if (this.away) throw new TransientError('no answer');
  }

  #objects(resource: Resource): Map<string, KubernetesObject> {
    const all: Record<string, Map<string, KubernetesObject>> = {
      [WORKER_SCALERS.plural]: this.scalers as Map<string, KubernetesObject>,
      [DEPLOYMENTS.plural]: this.deployments as Map<string, KubernetesObject>,
    };
    const objects = all[resource.plural];
    if (!objects) throw new Error(`${keyOf({ name: resource.plural })} is not known here`);
    return objects;
  }

  #tell(resource: Resource, event: WatchEvent<KubernetesObject>): void {
    if (!this.silent) for (const listener of this.#listeners.get(resource.plural) ?? []) listener(event);
  }
}
