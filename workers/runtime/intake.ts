// Pulls messages of a durable consumer at the pace of the work, keeps them alive meanwhile, and settles what fails.

import type { JetStreamClient, JsMsg } from 'nats';
import type { Counter, Gauge, Registry } from 'prom-client';
import { METRICS } from '../contract/metrics.ts';
import { WORK_DELIVERIES } from '../contract/roles.ts';
import { placeOf, publishDeadLetter } from './dead-letter.ts';
import { Delivery } from './delivery.ts';
import { DEATH_CAUSES, type DeathCause, FatalError, PoisonError, reasonOf, StoppingError } from './errors.ts';
import type { Logger } from './log.ts';
import { counter, gauge } from './metrics.ts';
import type { StopSignals } from './process.ts';
import { Pulls } from './pulls.ts';
import { backoffMs, persist } from './retry.ts';

/** What an intake needs. */
export interface IntakeOptions {
  readonly client: JetStreamClient;
  readonly stream: string;
  readonly consumer: string;
  /** Most messages asked for at once; twice as many are asked for and held together. */
  readonly batch: number;
  /** The consumer's; messages in hand are reported as being worked on three times as often. */
  readonly ackWaitMs: number;
  readonly log: Logger;
  readonly registry: Registry;
  readonly stop: StopSignals;
}

/** Longest wait before a message that failed is delivered again. */
const MAX_RETRY_DELAY_MS = 60_000;

/**
 * The messages of one consumer. `next` hands them out; whoever takes a delivery settles it, or calls `fail`.
 * Every message is kept alive from its arrival on, and no more than two batches are held: a slow process leaves the rest to
 * others.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #waiting: Delivery[] = [];
  readonly #inHand = new Set<Delivery>();
  readonly #settled: Counter<'stream' | 'consumer' | 'outcome'>;
  readonly #failures: Counter<'stream' | 'consumer' | 'kind'>;
  readonly #deadLetters: Counter<'stream' | 'consumer' | 'cause'>;
  readonly #inHandGauge: Gauge<'stream' | 'consumer'>;
  readonly #keepAlive: NodeJS.Timeout;
  readonly #halted = new AbortController();
  readonly #onStopping = (): void => void this.#halt();
  #pulls: Pulls | undefined;
  #takers: (() => void)[] = [];
  #halting: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#settled = counter(options.registry, METRICS.settled);
    this.#failures = counter(options.registry, METRICS.failures);
    this.#deadLetters = counter(options.registry, METRICS.deadLetters);
    this.#inHandGauge = gauge(options.registry, METRICS.inHand);
    this.#beginAtZero();
    this.#keepAlive = setInterval(() => {
      for (const delivery of this.#inHand) delivery.keepAlive();
    }, options.ackWaitMs / 3);
    options.stop.stopping.addEventListener('abort', this.#onStopping, { once: true });
  }

  /**
   * Waits for the consumer to exist, then starts to pull.
   * @throws {StoppingError} when the process stops first
   */
  async open(): Promise<void> {
    const { client, stream, consumer, batch, log, stop } = this.#options;
    const handle = await persist(() => client.consumers.get(stream, consumer), {
      signal: stop.stopping,
      maxDelayMs: 2_000,
      onFailure: (error, attempts) => {
        if (attempts % 5 === 1)
          log.warn({ stream, consumer, reason: reasonOf(error) }, 'waiting for the consumer to be created');
      },
    });
    if (this.#halted.signal.aborted) return;
    this.#pulls = new Pulls({
      consumer: handle,
      stream,
      name: consumer,
      batch,
      limit: 2 * batch,
      held: () => this.#inHand.size,
      onMessage: (message) => this.#receive(message),
      onFailure: (error) => void this.#halt(error),
      log,
    });
    this.#pulls.refill();
    log.info({ stream, consumer, batch }, 'pulling');
  }

  /**
   * Takes up to `max` deliveries, waiting for the first.
   * @returns none when the process is stopping
   * @throws what ended the pulling, when something did
   */
  async next(max: number): Promise<Delivery[]> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#halted.signal.aborted) return [];
      if (this.#waiting.length > 0) return this.#waiting.splice(0, max);
      await new Promise<void>((resolve) => this.#takers.push(resolve));
    }
  }

  /**
   * Settles a delivery whose work threw: poison goes to the DLQ first, anything else is delivered again after a growing
   * delay.
   * @throws {FatalError} when that is what the work threw; nothing more is handed out then
   */
  async fail(delivery: Delivery, error: unknown): Promise<void> {
    if (error instanceof FatalError) {
      this.#failures.inc({ ...this.#labels, kind: 'fatal' });
      void this.#halt(error);
      throw error;
    }
    if (error instanceof StoppingError) return delivery.giveBack();
    if (error instanceof PoisonError) {
      this.#failures.inc({ ...this.#labels, kind: 'poison' });
      return this.#bury(delivery, reasonOf(error), error.death);
    }
    this.#failures.inc({ ...this.#labels, kind: 'retry' });
    const delayMs = Math.round(backoffMs(delivery.deliveries, 1_000, MAX_RETRY_DELAY_MS));
    const { deliveries, message } = delivery;
    const place = placeOf(message);
    this.#options.log.warn({ ...place, deliveries, delayMs, reason: reasonOf(error) }, 'failed, to be delivered again');
    delivery.giveBack(delayMs);
  }

  /** Gives back whatever is not settled, and stops keeping messages alive; call when all work has ended. */
  async close(): Promise<void> {
    await this.#halt();
    clearInterval(this.#keepAlive);
    this.#options.stop.stopping.removeEventListener('abort', this.#onStopping);
    for (const delivery of [...this.#inHand]) delivery.giveBack();
  }

  #receive(message: JsMsg): void {
    const delivery = new Delivery(message, (outcome) => this.#onSettled(delivery, outcome));
    this.#inHand.add(delivery);
    this.#inHandGauge.set(this.#labels, this.#inHand.size);
    if (delivery.deliveries > WORK_DELIVERIES) {
      const reason = `delivered ${delivery.deliveries} times and never acknowledged: its processing ends the process or outlasts ack_wait`;
      this.#bury(delivery, reason, 'exhausted').catch((error) => this.#halt(error));
      return;
    }
    this.#waiting.push(delivery);
    this.#wakeTakers();
  }

  async #bury(delivery: Delivery, reason: string, cause: DeathCause): Promise<void> {
    try {
      const { client, log, stop } = this.#options;
      await publishDeadLetter(client, delivery.message, reason, { log, signal: stop.abandoning });
      this.#deadLetters.inc({ ...this.#labels, cause });
      delivery.bury();
    } catch (error) {
      if (!(error instanceof StoppingError)) throw error;
      delivery.giveBack();
    }
  }

  #onSettled(delivery: Delivery, outcome: string): void {
    this.#inHand.delete(delivery);
    this.#inHandGauge.set(this.#labels, this.#inHand.size);
    this.#settled.inc({ ...this.#labels, outcome });
    this.#pulls?.refill();
  }

  /** Hands out no more, and gives what nobody has taken up back at once: others may take it, whatever is at work here. */
  #halt(failure?: unknown): Promise<void> {
    this.#failure ??= failure;
    this.#halted.abort();
    this.#wakeTakers();
    this.#halting ??= (async () => {
      await this.#pulls?.close();
      for (const delivery of this.#waiting.splice(0)) delivery.giveBack();
    })();
    return this.#halting;
  }

  /** Prometheus sees no increase in a series that begins with 1. */
  #beginAtZero(): void {
    for (const kind of ['retry', 'poison']) this.#failures.inc({ ...this.#labels, kind }, 0);
    for (const cause of DEATH_CAUSES) this.#deadLetters.inc({ ...this.#labels, cause }, 0);
    this.#inHandGauge.set(this.#labels, 0);
  }

  #wakeTakers(): void {
    for (const wake of this.#takers.splice(0)) wake();
  }

  get #labels(): { stream: string; consumer: string } {
    return { stream: this.#options.stream, consumer: this.#options.consumer };
  }
}
