// All WorkerScalers of a namespace: every replica of the operator reads and decides, and the one that leads acts on it. So
// whoever takes over knows how fast workers are and what was wanted lately.
import { StoppingError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { type Clock, SYSTEM_CLOCK } from '../kubernetes/clock.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { Change } from '../kubernetes/store.ts';
import { Watcher } from '../kubernetes/watcher.ts';
import { DEPLOYMENTS, WORKER_SCALERS, type WorkerScaler } from './resources.ts';
import { ScaleWriter } from './scale-writer.ts';
import { Scaler, type ScalerOptions } from './scaler.ts';
import type { ScalerMetrics } from './scaler-metrics.ts';
import { StatusWriter } from './status-writer.ts';

/** How often each consumer is read. */
const TURN_EVERY_MS = 1_000;

export interface ScalerControllerOptions {
  readonly namespace: string;
  /** For watches and the scale of Deployments. */
  readonly client: Pick<KubernetesClient, 'list' | 'watch' | 'setScale'>;
  /** Of its own, so that no status holds up a scale. */
  readonly statusClient: Pick<KubernetesClient, 'patchStatus'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly read: ScalerOptions['read'];
  readonly metrics: ScalerMetrics;
  readonly log: Logger;
  /** @default the system's */
  readonly clock?: Clock;
}

export class ScalerController {
  /** Settles when scalers and Deployments are known. It waits for ever if `run` ends before. */
  readonly synced: Promise<void>;
  readonly #options: ScalerControllerOptions;
  readonly #clock: Clock;
  readonly #scalers: Watcher<WorkerScaler>;
  readonly #deployments;
  readonly #running = new Map<string, { readonly scaler: Scaler; readonly stop: AbortController }>();
  #signal: AbortSignal | undefined;
  #leading: { readonly signal: AbortSignal; readonly still: () => boolean } | undefined;

  constructor(options: ScalerControllerOptions) {
    const { namespace, client, log } = options;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    const common = { client, namespace, log, clock: this.#clock };
    this.#scalers = new Watcher({
      ...common,
      resource: WORKER_SCALERS,
      onChange: (key, change) => this.#follow(key, change),
    });
    this.#deployments = new Watcher({ ...common, resource: DEPLOYMENTS, onChange: () => {} });
    this.synced = Promise.all([this.#scalers.synced, this.#deployments.synced]).then(() => {});
  }

  /** Watches, reads and decides until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await Promise.all([this.#scalers.run(signal), this.#deployments.run(signal)]);
    await this.#settled();
  }

  /**
   * Acts on what is decided, until the signal aborts; returns when nothing is being written any more.
   * @param still whether this process leads, by the clock
   */
  async lead(signal: AbortSignal, still: () => boolean): Promise<void> {
    this.#leading = { signal, still };
    this.#options.metrics.lead(true);
    try {
      if (!signal.aborted) {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      }
      await this.#settled();
    } finally {
      this.#leading = undefined;
      this.#options.metrics.lead(false);
    }
  }

  async #settled(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ scaler }) => scaler.settled()));
  }

  #follow(key: string, change: Change): void {
    if (change === 'updated') return;
    this.#running.get(key)?.stop.abort();
    this.#running.delete(key);
    if (change === 'deleted') {
      this.#options.metrics.forget(nameOf(key));
      return;
    }
    const stop = new AbortController();
    const scaler = this.#scaler(key);
    this.#running.set(key, { scaler, stop });
    void this.#repeat(scaler, AbortSignal.any([stop.signal, ...(this.#signal ? [this.#signal] : [])]));
  }

  /** One turn after another, a second apart. */
  async #repeat(scaler: Scaler, signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    try {
      await this.synced;
      for (;;) {
        const startedAtMs = this.#clock.monotonicMs();
        await scaler.turn().catch((error: Error) => log.error({ stack: error.stack }, 'a turn of a scaler failed'));
        await this.#clock.pause(Math.max(0, startedAtMs + TURN_EVERY_MS - this.#clock.monotonicMs()), signal);
      }
    } catch (error) {
      if (!(error instanceof StoppingError)) throw error;
    }
  }

  #scaler(key: string): Scaler {
    const { statusClient, client, recorder, metrics, log, read, namespace } = this.#options;
    const { date: now, monotonicMs } = this.#clock;
    return new Scaler({
      object: () => this.#scalers.get(key),
      deployment: (name) => this.#deployments.get(`${namespace}/${name}`),
      rival: () => this.#rivalOf(key),
      read,
      leading: () => (this.#leading?.still() && !this.#leading.signal.aborted ? this.#leading.signal : undefined),
      scale: new ScaleWriter({ client, recorder, metrics, log, now }),
      status: new StatusWriter({ client: statusClient, recorder, log, now, monotonicMs }),
      metrics,
      log,
      now,
    });
  }

  /** Of several scalers of a Deployment the oldest counts: two would pull it to and fro. */
  #rivalOf(key: string): string | undefined {
    const own = this.#scalers.get(key);
    const rivals = this.#scalers.all().filter(({ spec }) => spec.target.name === own?.spec.target.name);
    const [first] = rivals.sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1));
    return first && first !== own ? first.metadata.name : undefined;
  }
}

const ageOf = ({ metadata }: WorkerScaler): string => `${metadata.creationTimestamp} ${metadata.name}`;
const nameOf = (key: string): string => key.slice(key.indexOf('/') + 1);
