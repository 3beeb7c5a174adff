// Knows the objects of one kind in one namespace. Lists are what it goes by; a watch only makes it quicker, because watches
// die without a word: each is given up when the next list is due.
import { reasonOf, StoppingError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from './client.ts';
import { backoffMs, type Clock, SYSTEM_CLOCK, withTimeLimit } from './clock.ts';
import { GoneError } from './errors.ts';
import type { KubernetesObject } from './object.ts';
import { qualifiedName, type Resource } from './resource.ts';
import { type ChangeListener, ObjectStore } from './store.ts';

export interface WatcherOptions<T extends KubernetesObject> {
  readonly client: Pick<KubernetesClient, 'list' | 'watch'>;
  readonly resource: Resource<T>;
  readonly namespace: string;
  /** @default all objects of the kind */
  readonly labelSelector?: string;
  /** Told of every change, such as `(key) => queue.add(key)`; of each object that there was at first, too. */
  readonly onChange: ChangeListener;
  readonly log: Logger;
  /** Longest time between two lists, of which a random tenth is taken off. @default 30000 */
  readonly relistMs?: number;
  /** Wait after the first failure. @default 200 */
  readonly firstDelayMs?: number;
  /** Longest wait after a failure. @default 10000 */
  readonly maxDelayMs?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

/** A watch that lived for so long has done its work: what ends it is no failure that adds to others. */
const HEALTHY_MS = 5_000;

export class Watcher<T extends KubernetesObject> {
  /** Settles when the first list is there. It waits for ever if `run` ends before. */
  readonly synced: Promise<void>;
  readonly #options: WatcherOptions<T>;
  readonly #clock: Clock;
  readonly #store: ObjectStore<T>;
  readonly #context: { readonly resource: string; readonly namespace: string };
  #setSynced: () => void = () => {};
  #listedAtMs: number | undefined;
  #failures = 0;

  constructor(options: WatcherOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#store = new ObjectStore(options.onChange);
    this.#context = { resource: qualifiedName(options.resource), namespace: options.namespace };
    this.synced = new Promise((resolve) => {
      this.#setSynced = resolve;
    });
  }

  /** An object as it was last heard of. @param key `namespace/name` */
  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  /** All objects, in the order of their keys. */
  all(): T[] {
    return this.#store.all();
  }

  /** How long ago the last list was asked for that came; undefined before the first. For health endpoints. */
  get ageMs(): number | undefined {
    return this.#listedAtMs === undefined ? undefined : this.#clock.monotonicMs() - this.#listedAtMs;
  }

  /** Lists and watches until the signal aborts; failures are logged and waited out. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedAtMs = this.#clock.monotonicMs();
      try {
        await this.#cycle(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (this.#clock.monotonicMs() - startedAtMs >= HEALTHY_MS) this.#failures = 0;
        try {
          await this.#wait(error, signal);
        } catch {
          return;
        }
      }
    }
  }

  /** One list, and a watch from there until the next is due. Ends without an error only then. */
  async #cycle(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, labelSelector, relistMs = 30_000 } = this.#options;
    const askedAtMs = this.#clock.monotonicMs();
    const selection = { namespace, labelSelector };
    const { items, metadata } = await client.list(resource, { ...selection, signal });
    this.#listedAtMs = askedAtMs;
    this.#store.replace(items);
    this.#setSynced();
    const dueAtMs = askedAtMs + relistMs * (1 - 0.1 * this.#clock.random());
    let { resourceVersion } = metadata;
    for (;;) {
      const leftMs = dueAtMs - this.#clock.monotonicMs();
      if (leftMs <= 0) return;
      const openedAtMs = this.#clock.monotonicMs();
      const reached = await this.#watch(resourceVersion, leftMs, signal);
      if (reached === undefined) return;
      resourceVersion = reached;
      const livedMs = this.#clock.monotonicMs() - openedAtMs;
      // The API server ends watches as it likes; one that it ends at once must not become a stream of requests.
      if (dueAtMs > this.#clock.monotonicMs() && livedMs < Math.min(HEALTHY_MS, leftMs / 2)) {
        throw new Error(`the watch has ended after ${Math.round(livedMs)} ms`);
      }
    }
  }

  /** Watches. @returns the version up to which everything was told when the watch ended; undefined when its time was over */
  async #watch(from: string, leftMs: number, signal: AbortSignal): Promise<string | undefined> {
    const { client, resource, namespace, labelSelector } = this.#options;
    let resourceVersion = from;
    try {
      await withTimeLimit(this.#clock, leftMs, signal, async (limited) => {
        const timeoutSeconds = Math.ceil(leftMs / 1_000);
        const options = { namespace, labelSelector, resourceVersion, timeoutSeconds, signal: limited };
        for await (const event of client.watch(resource, options)) {
          this.#store.apply(event);
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        }
      });
    } catch (error) {
      // Nothing else stops it but the limit; by the clock its time need not be quite over, since timers may be early.
      if (signal.aborted || !(error instanceof StoppingError)) throw error;
      return undefined;
    }
    return resourceVersion;
  }

  /** Waits after a failure: a version that is too old only calls for a list, unless that happens again and again. */
  async #wait(error: unknown, signal: AbortSignal): Promise<void> {
    const { log, firstDelayMs: firstMs = 200, maxDelayMs: maxMs = 10_000 } = this.#options;
    this.#failures += 1;
    const context = { ...this.#context, failures: this.#failures, reason: reasonOf(error) };
    if (error instanceof GoneError && this.#failures === 1) {
      log.debug(context, 'the version to watch from is too old, listing again');
      return;
    }
    log.warn(context, 'the watch failed, listing again');
    await this.#clock.pause(backoffMs(this.#failures, { firstMs, maxMs }, this.#clock.random), signal);
  }
}
