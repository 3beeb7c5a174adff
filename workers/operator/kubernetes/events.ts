// Records what happens to objects. The same again within a while is counted rather than repeated, and failing to record
// anything never holds up or fails the work.
import { hostname } from 'node:os';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from './client.ts';
import { type Clock, microTime, SYSTEM_CLOCK } from './clock.ts';
import { NotFoundError } from './errors.ts';
import { createEvent, EVENTS, type EventObject, type EventReport } from './event-record.ts';
import { type KubernetesObject, keyOf } from './object.ts';

export interface EventRecorderOptions {
  readonly client: Pick<KubernetesClient, 'create' | 'patch'>;
  /** Who reports, such as `newsjet.io/operator`. */
  readonly controller: string;
  /** Which of its replicas. @default the host name */
  readonly instance?: string;
  readonly log: Logger;
  /** Ends requests. */
  readonly signal: AbortSignal;
  /** How long after it last happened the same is counted. @default 600000 */
  readonly seriesWindowMs?: number;
  /** How many may wait to be written; more are dropped. @default 100 */
  readonly capacity?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

/** Something that has happened already. */
interface Series {
  readonly event: EventObject;
  count: number;
  lastAtMs: number;
}

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  /** By what makes two events the same. */
  readonly #series = new Map<string, Series>();
  #pending = 0;
  #dropped = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** How many were not recorded: too many at once, or refused. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Records an event on an object; returns at once.
   * @param object with `apiVersion` and `kind`, which lists leave out of their items
   */
  record(object: KubernetesObject, report: EventReport): void {
    const { capacity = 100, log } = this.#options;
    if (this.#pending >= capacity) {
      this.#dropped += 1;
      return;
    }
    this.#pending += 1;
    // One after the other, so that what happened first is there first, and a series is counted right.
    this.#last = this.#last.then(async () => {
      try {
        await this.#write(object, report);
      } catch (error) {
        this.#dropped += 1;
        const context = { object: keyOf(object.metadata), event: report.reason, reason: reasonOf(error) };
        if (!this.#options.signal.aborted) log.warn(context, "can't record an event");
      } finally {
        this.#pending -= 1;
      }
    });
  }

  /** Waits until everything is written, or given up. */
  flush(): Promise<void> {
    return this.#last;
  }

  async #write(object: KubernetesObject, report: EventReport): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    this.#forget(nowMs);
    const { uid, name, namespace } = object.metadata;
    const same = JSON.stringify([
      uid,
      namespace,
      name,
      object.kind,
      report.type,
      report.reason,
      report.action,
      report.note,
    ]);
    const series = this.#series.get(same);
    if (series && (await this.#countUp(series, nowMs))) return;
    const { client, controller, instance = hostname(), signal } = this.#options;
    const event = createEvent(object, report, { controller, instance, now: this.#clock.date() });
    await client.create(EVENTS, event, { signal });
    this.#series.set(same, { event, count: 1, lastAtMs: nowMs });
  }

  /** @returns false when the event is not there any more, which the API server keeps for an hour only */
  async #countUp(series: Series, nowMs: number): Promise<boolean> {
    const { client, signal } = this.#options;
    const count = series.count + 1;
    const change = { series: { count, lastObservedTime: microTime(this.#clock.date()) } };
    try {
      await client.patch(EVENTS, series.event.metadata, change, { signal });
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      throw error;
    }
    series.count = count;
    series.lastAtMs = nowMs;
    return true;
  }

  #forget(nowMs: number): void {
    const { seriesWindowMs = 600_000 } = this.#options;
    for (const [same, { lastAtMs }] of this.#series) {
      if (nowMs - lastAtMs >= seriesWindowMs) this.#series.delete(same);
    }
  }
}
