// Pulls messages of a durable consumer at the pace of the work, keeps them alive meanwhile, and settles what fails.

import type { ConsumerMessages, JetStreamClient, JsMsg } from 'nats';
import type { Counter, Gauge, Registry } from 'prom-client';
import { METRICS } from '../contract/metrics.ts';
import { WORK_DELIVERIES } from '../contract/roles.ts';
import { publishDeadLetter } from './dead-letter.ts';
import { Delivery } from './delivery.ts';
import { FatalError, PoisonError, reasonOf, StoppingError } from './errors.ts';
import type { Logger } from './log.ts';
import { counter, gauge } from './metrics.ts';
import type { StopSignals } from './process.ts';
import { backoffMs, persist } from './retry.ts';

/** What an intake needs. */
export interface IntakeOptions {
  readonly client: JetStreamClient;
  readonly stream: string;
  readonly consumer: string;
  /** Most messages asked for at once, and most that wait here for a worker. */
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
 * Only as many are asked for as are taken up: a slow process leaves the rest to others.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #waiting: Delivery[] = [];
  readonly #inHand = new Set<Delivery>();
  readonly #settled: Counter<'stream' | 'consumer' | 'outcome'>;
  readonly #inHandGauge: Gauge<'stream' | 'consumer'>;
  readonly #keepAlive: NodeJS.Timeout;
  #messages: ConsumerMessages | undefined;
  #takers: (() => void)[] = [];
  #reading: Promise<void> = Promise.resolve();
  #wakeReader: (() => void) | undefined;
  #failure: unknown;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#settled = counter(options.registry, METRICS.settled);
    this.#inHandGauge = gauge(options.registry, METRICS.inHand);
    this.#keepAlive = setInterval(() => {
      for (const delivery of this.#inHand) delivery.keepAlive();
    }, options.ackWaitMs / 3);
    options.stop.stopping.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** Waits for the consumer to exist, then starts to read it. */
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
    this.#messages = await handle.consume({ max_messages: batch });
    if (stop.stopping.aborted) this.#stop();
    void this.#watch(this.#messages);
    this.#reading = this.#read(this.#messages);
    log.info({ stream, consumer, batch }, 'pulling');
  }

  /**
   * Takes up to `max` deliveries, waiting for the first.
   * @returns none when the process is stopping
   * @throws what ended the reading, when something did
   */
  async next(max: number): Promise<Delivery[]> {
    while (this.#waiting.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#options.stop.stopping.aborted) return [];
      await new Promise<void>((resolve) => this.#takers.push(resolve));
    }
    if (this.#options.stop.stopping.aborted) return [];
    const taken = this.#waiting.splice(0, max);
    this.#wakeReader?.();
    return taken;
  }

  /**
   * Settles a delivery whose work threw: poison goes to the DLQ first, anything else is delivered again after a growing
   * delay.
   * @throws {FatalError} when that is what the work threw
   */
  async fail(delivery: Delivery, error: unknown): Promise<void> {
    if (error instanceof FatalError) throw error;
    if (error instanceof StoppingError) return delivery.giveBack();
    if (error instanceof PoisonError) return this.#bury(delivery, reasonOf(error));
    const delayMs = Math.round(backoffMs(delivery.deliveries, 1_000, MAX_RETRY_DELAY_MS));
    const { stream, log } = this.#options;
    log.warn(
      { stream, sequence: delivery.sequence, deliveries: delivery.deliveries, delayMs, reason: reasonOf(error) },
      'failed, to be delivered again',
    );
    delivery.giveBack(delayMs);
  }

  /** Gives back what nobody took up, and stops keeping messages alive; call when all work has ended. */
  async close(): Promise<void> {
    this.#stop();
    await this.#reading;
    clearInterval(this.#keepAlive);
    for (const delivery of this.#inHand) delivery.giveBack();
    this.#waiting.length = 0;
  }

  async #read(messages: ConsumerMessages): Promise<void> {
    try {
      for await (const message of messages) await this.#receive(message);
      if (!this.#options.stop.stopping.aborted) {
        throw new FatalError(
          `${this.#options.stream}/${this.#options.consumer} delivers no more: the subscription ended`,
        );
      }
    } catch (error) {
      this.#failure ??= error;
    }
    this.#wakeTakers();
  }

  async #receive(message: JsMsg): Promise<void> {
    const { batch, stop } = this.#options;
    const delivery = new Delivery(message, (outcome) => this.#onSettled(delivery, outcome));
    this.#inHand.add(delivery);
    this.#inHandGauge.set(this.#labels, this.#inHand.size);
    if (stop.stopping.aborted) return delivery.giveBack();
    if (delivery.deliveries > WORK_DELIVERIES) {
      return this.#bury(
        delivery,
        `delivered ${delivery.deliveries} times and never acknowledged: its processing ends the process or outlasts ack_wait`,
      );
    }
    this.#waiting.push(delivery);
    this.#wakeTakers();
    while (this.#waiting.length >= batch && !stop.stopping.aborted) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
  }

  async #bury(delivery: Delivery, reason: string): Promise<void> {
    try {
      const { client, log, stop } = this.#options;
      await publishDeadLetter(client, delivery.message, reason, { log, signal: stop.abandoning });
      delivery.bury();
    } catch (error) {
      if (!(error instanceof StoppingError)) throw error;
      delivery.giveBack();
    }
  }

  async #watch(messages: ConsumerMessages): Promise<void> {
    for await (const status of await messages.status()) {
      const { stream, consumer, log } = this.#options;
      log.debug({ stream, consumer, event: status.type, data: status.data }, 'consumer event');
    }
  }

  #onSettled(delivery: Delivery, outcome: string): void {
    this.#inHand.delete(delivery);
    this.#inHandGauge.set(this.#labels, this.#inHand.size);
    this.#settled.inc({ ...this.#labels, outcome });
  }

  #wakeTakers(): void {
    for (const wake of this.#takers.splice(0)) wake();
  }

  #stop(): void {
    void this.#messages?.close();
    this.#wakeTakers();
    this.#wakeReader?.();
  }

  get #labels(): { stream: string; consumer: string } {
    return { stream: this.#options.stream, consumer: this.#options.consumer };
  }
}
