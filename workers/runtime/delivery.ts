// One message in hand: settled exactly once, as done, to be retried, or dead.
import { ErrorCode, type JsMsg, NatsError } from 'nats';

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
    if (!this.#settled) tell(() => this.message.working());
  }

  #settle(outcome: Outcome, say: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    tell(say);
    this.#onSettled(outcome);
  }
}

/** A closed connection can't carry the word: the server will miss it and deliver again, which every worker must bear. */
function tell(say: () => void): void {
  try {
    say();
  } catch (error) {
    if (!(error instanceof NatsError) || error.code !== ErrorCode.ConnectionClosed) throw error;
  }
}
