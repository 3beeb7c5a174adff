// Writes the status of a WorkerScaler when there is something to see in it.
import type { WorkerScalerStatus } from '../../contract/worker-scaler.ts';
import { reasonOf, StoppingError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { NotFoundError } from '../kubernetes/errors.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import { WORKER_SCALERS, type WorkerScaler } from './resources.ts';
import { compare, type Observation, patchOf, statusOf } from './status.ts';
import { Troubles } from './troubles.ts';

/** Numbers that move all the time, such as the lag, are written at most this often. */
export const NUMBERS_EVERY_MS = 5_000;
/** Nothing else is written more often, either: a reason may change with every decision. */
const VISIBLE_EVERY_MS = 1_000;

export interface StatusWriterOptions {
  readonly client: Pick<KubernetesClient, 'patchStatus'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly log: Logger;
  readonly now: () => Date;
  readonly monotonicMs: () => number;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #troubles: Troubles;
  /** What the API server has, by our own last write: the watch tells of it later. */
  #written: WorkerScalerStatus | undefined;
  #uid: string | undefined;
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #scaledAt: string | undefined;
  /** Why the last attempt failed. */
  #failure: string | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#troubles = new Troubles(options.recorder, options.monotonicMs);
  }

  /** Another process may write from now on. */
  forget(): void {
    this.#written = undefined;
    this.#scaledAt = undefined;
    this.#troubles.forget();
  }

  /** Writes what was observed, unless there is too little new in it. @throws {StoppingError} when the signal aborts */
  async write(scaler: WorkerScaler, observation: Observation, signal: AbortSignal): Promise<void> {
    const { client, log, now, monotonicMs } = this.#options;
    if (scaler.metadata.uid !== this.#uid) this.forget();
    this.#uid = scaler.metadata.uid;
    // A change of replicas is to be told even if this write fails.
    this.#scaledAt = observation.scaledAt ?? this.#scaledAt;
    const before = this.#written ?? scaler.status ?? {};
    const status = statusOf({ ...observation, scaledAt: this.#scaledAt }, before, now().toISOString());
    this.#troubles.observe(scaler, status.conditions ?? []);
    const difference = compare(before, status);
    const elapsedMs = monotonicMs() - this.#writtenAtMs;
    if (difference === 'none' || elapsedMs < (difference === 'numbers' ? NUMBERS_EVERY_MS : VISIBLE_EVERY_MS)) return;
    const { name, namespace } = scaler.metadata;
    try {
      const at = { name, ...(namespace !== undefined && { namespace }) };
      const { status: stored } = await client.patchStatus(WORKER_SCALERS, at, patchOf(before, status), { signal });
      this.#writtenAtMs = monotonicMs();
      this.#written = stored ?? {};
      this.#failure = undefined;
      this.#scaledAt = undefined;
    } catch (error) {
      if (error instanceof StoppingError) throw error;
      // It was deleted, and will be heard of as such.
      if (error instanceof NotFoundError) return;
      const reason = reasonOf(error);
      log[reason === this.#failure ? 'debug' : 'warn'](
        { scaler: name, reason },
        "can't write the status, trying again",
      );
      this.#failure = reason;
    }
  }
}
