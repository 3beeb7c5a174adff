// The objects of one kind as they were last heard of, by name. What has changed is found here, whoever told.
import { type KubernetesObject, keyOf } from './object.ts';
import type { WatchEvent } from './watch-stream.ts';

/** What became of an object. */
export type Change = 'added' | 'updated' | 'deleted';

/** Told of a change when the store has it already. */
export type ChangeListener = (key: string, change: Change) => void;

export class ObjectStore<T extends KubernetesObject> {
  readonly #objects = new Map<string, T>();
  readonly #onChange: ChangeListener;

  constructor(onChange: ChangeListener) {
    this.#onChange = onChange;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** In the order of their keys. */
  all(): T[] {
    return [...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Takes over a list of all objects that there are. */
  replace(items: readonly T[]): void {
    const listed = new Map(items.map((object) => [keyOf(object.metadata), object]));
    for (const key of [...this.#objects.keys()]) {
      if (!listed.has(key)) this.#delete(key);
    }
    for (const [key, object] of listed) this.#put(key, object);
  }

  /** Takes over what a watch told. */
  apply({ type, object }: WatchEvent<T>): void {
    const key = keyOf(object.metadata);
    if (type === 'DELETED') this.#delete(key);
    else if (type !== 'BOOKMARK') this.#put(key, object);
  }

  #put(key: string, object: T): void {
    const before = this.#objects.get(key);
    const same = before?.metadata.resourceVersion === object.metadata.resourceVersion;
    if (before && same && before.metadata.uid === object.metadata.uid) return;
    this.#objects.set(key, object);
    this.#onChange(key, before ? 'updated' : 'added');
  }

  #delete(key: string): void {
    if (this.#objects.delete(key)) this.#onChange(key, 'deleted');
  }
}
