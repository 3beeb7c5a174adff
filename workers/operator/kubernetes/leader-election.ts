// Of several replicas one leads, by a Lease. One that can't renew it is told to stop before another may take it.
import { reasonOf, StoppingError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from './client.ts';
import { type Clock, SYSTEM_CLOCK, withTimeLimit } from './clock.ts';
import { LeaseClaim } from './lease-claim.ts';

export interface LeaderElectorOptions {
  /** Of its own: it must not wait behind the requests of the work. */
  readonly client: Pick<KubernetesClient, 'get' | 'create' | 'replace'>;
  readonly namespace: string;
  /** Of the Lease. */
  readonly name: string;
  /** Unlike that of any other candidate, and of any earlier process. @default host name and a random part */
  readonly identity?: string;
  readonly log: Logger;
  /** Whole seconds: how long others wait for a leader that says nothing. @default 15000 */
  readonly leaseDurationMs?: number;
  /** How long a leader goes on without having renewed. @default 10000 */
  readonly renewDeadlineMs?: number;
  /** Time between attempts. @default 2000 */
  readonly retryPeriodMs?: number;
  /** Told when this process begins to lead, and when it has stopped. */
  readonly onLeading?: (leading: boolean) => void;
  /** @default the system's */
  readonly clock?: Clock;
}

/** The reason of a leader's aborted signal when it could not renew its Lease, or another has it. */
export class LeadershipLostError extends Error {
  override readonly name = 'LeadershipLostError';
}

/** Candidates that wait try at different times. */
const JITTER = 1.2;

export class LeaderElector {
  readonly #options: LeaderElectorOptions;
  readonly #clock: Clock;
  readonly #claim: LeaseClaim;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  #leading = false;

  /** @throws {Error} when the times leave a leader none to stop in, or a candidate none to renew in */
  constructor(options: LeaderElectorOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
    if (leaseDurationMs % 1_000 !== 0 || leaseDurationMs <= renewDeadlineMs) {
      throw new Error(
        `leaseDurationMs is ${leaseDurationMs}: use whole seconds, more than renewDeadlineMs (${renewDeadlineMs})`,
      );
    }
    if (!(retryPeriodMs > 0 && renewDeadlineMs > retryPeriodMs * JITTER)) {
      throw new Error(
        `renewDeadlineMs is ${renewDeadlineMs}: use more than ${JITTER} times retryPeriodMs (${retryPeriodMs})`,
      );
    }
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#claim = new LeaseClaim({ ...options, clock: this.#clock, leaseDurationMs });
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
  }

  get identity(): string {
    return this.#claim.identity;
  }

  /** Whether this process leads now: by the clock, so that it is right even when timers are late. */
  get leading(): boolean {
    return this.#leading && this.#leftMs() > 0;
  }

  /**
   * Waits to lead, and does the work while it does; again and again, until the signal aborts. A Lease that is held is given up
   * when the work has ended, so that the next leads at once.
   * @param work its signal aborts when `signal` does, and with a LeadershipLostError when leadership is lost: it must write
   *   nothing after that
   * @throws whatever the work throws while it leads, after giving the Lease up
   */
  async run(signal: AbortSignal, work: (leading: AbortSignal) => Promise<void>): Promise<void> {
    while (await this.#acquire(signal)) {
      if (await this.#lead(signal, work)) return;
    }
  }

  /** @returns false when the signal aborted before */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { log } = this.#options;
    while (!signal.aborted) {
      try {
        const attempt = (limited: AbortSignal): Promise<boolean> => this.#claim.attempt(limited);
        if (await withTimeLimit(this.#clock, this.#renewDeadlineMs, signal, attempt)) return true;
      } catch (error) {
        if (signal.aborted) return false;
        log.warn({ reason: reasonOf(error) }, "can't try to lead, trying again");
      }
      const waitMs = this.#retryPeriodMs * (1 + (JITTER - 1) * this.#clock.random());
      await this.#clock.pause(waitMs, signal).catch(() => {});
    }
    return false;
  }

  /** @returns whether that is the end of it, rather than a leadership that was lost */
  async #lead(signal: AbortSignal, work: (leading: AbortSignal) => Promise<void>): Promise<boolean> {
    const { log, onLeading } = this.#options;
    const leading = new AbortController();
    const stop = (): void => leading.abort(new StoppingError());
    signal.addEventListener('abort', stop, { once: true });
    const worked = new AbortController();
    this.#leading = true;
    log.info({ identity: this.identity }, 'leading');
    onLeading?.(true);
    const working = (async () => work(leading.signal))().finally(() => worked.abort());
    // It may fail while the Lease is still being renewed; it is awaited below.
    working.catch(() => {});
    if (signal.aborted) stop();
    let lost: LeadershipLostError | undefined;
    try {
      lost = await this.#renewUntil(worked.signal);
      if (lost) {
        leading.abort(lost);
        log.warn({ identity: this.identity, reason: lost.message }, 'not leading any more');
      }
      await working.catch((error) => {
        if (!leading.signal.aborted) throw error;
      });
    } finally {
      signal.removeEventListener('abort', stop);
      this.#leading = false;
      onLeading?.(false);
      if (!lost) await this.#release();
    }
    return !lost;
  }

  /** Renews until the signal aborts. @returns why it is not to be led any more, as soon as that is so */
  async #renewUntil(worked: AbortSignal): Promise<LeadershipLostError | undefined> {
    while (!worked.aborted) {
      try {
        const renewed = await withTimeLimit(this.#clock, this.#leftMs(), worked, async (signal) => {
          await this.#clock.pause(this.#retryPeriodMs, signal);
          return this.#claim.attempt(signal);
        });
        if (!renewed) return new LeadershipLostError('another candidate has the Lease');
      } catch (error) {
        if (worked.aborted) return undefined;
        if (this.#leftMs() <= 0) {
          return new LeadershipLostError(`the Lease could not be renewed for ${this.#renewDeadlineMs} ms`);
        }
        this.#options.log.warn({ reason: reasonOf(error) }, "can't renew the Lease, trying again");
      }
    }
    return undefined;
  }

  async #release(): Promise<void> {
    const never = new AbortController().signal;
    try {
      await withTimeLimit(this.#clock, this.#leftMs(), never, (signal) => this.#claim.release(signal));
    } catch (error) {
      this.#options.log.warn({ reason: reasonOf(error) }, "can't give the Lease up, it will run out");
    }
  }

  #leftMs(): number {
    return this.#claim.renewedAtMs + this.#renewDeadlineMs - this.#clock.monotonicMs();
  }
}
