// One message in hand: settled exactly once, as done, to be retried, or dead.
import type { JsMsg } from 'nats';

export type Outcome = 'done' | 'returned' | 'dead';

/** A message that this process has taken up and not settled yet. */
export class Delivery {
  readonly message: JsMsg;
  readonly #onSettled: (outcome: Outcome) => void;
  #settled = false;

  constructor(message: JsMsg, onSettled: (outcome: Outcome) => void) {
    this.message = message;
    this.#onSettled = onSettled;
  }

  /** Sequence in the stream. */
  get sequence(): number {
    return this.message.seq;
  }

  /** How often it has been delivered, this time included. */
  get deliveries(): number {
    return this.message.info.deliveryCount;
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Acknowledges: the work is durable. */
  done(): void {
    this.#settle('done', () => this.message.ack());
  }

  /** Gives it back, to be delivered again after the delay. */
  giveBack(delayMs = 0): void {
    this.#settle('returned', () => this.message.nak(delayMs || undefined));
  }

  /** Ends its deliveries; what it was and why must be in the DLQ already. */
  bury(): void {
    this.#settle('dead', () => this.message.term());
  }

  /** Tells the server that it is still being worked on. */
  keepAlive(): void {
    if (!this.#settled) this.message.working();
  }

  #settle(outcome: Outcome, tell: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    tell();
    this.#onSettled(outcome);
  }
}
