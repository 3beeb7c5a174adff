// How fast requests may be sent: a bucket of tokens, and a time before which none is sent when the API server asked to wait.
import { StoppingError } from '../../runtime/errors.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';

export interface RateLimitOptions {
  /** Requests a second in the long run. @default 20 */
  readonly qps?: number;
  /** Requests that may go at once after a rest. @default 40 */
  readonly burst?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

/** Lets requests through one after the other, in the order in which they came. */
export class RateLimiter {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  /** Below zero when requests wait for tokens that are still to come. */
  #tokens: number;
  #countedAtMs: number;
  #heldUntilMs = Number.NEGATIVE_INFINITY;

  constructor({ qps = 20, burst = 40, clock = SYSTEM_CLOCK }: RateLimitOptions = {}) {
    if (!(qps > 0) || !(burst >= 1)) throw new Error(`can't limit to ${qps} a second and ${burst} at once`);
    this.#perMs = qps / 1_000;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#countedAtMs = clock.monotonicMs();
  }

  /** Waits until one more request may be sent. @throws {StoppingError} as soon as the signal aborts */
  async take(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new StoppingError();
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#countedAtMs) * this.#perMs) - 1;
    this.#countedAtMs = nowMs;
    const allowedAtMs = nowMs + Math.max(0, -this.#tokens / this.#perMs);
    for (;;) {
      const waitMs = Math.max(allowedAtMs, this.#heldUntilMs) - this.#clock.monotonicMs();
      if (waitMs <= 0) return;
      try {
        await this.#clock.pause(waitMs, signal);
      } catch (error) {
        this.#tokens += 1;
        throw error;
      }
    }
  }

  /** Sends nothing for so long: the API server asked for it. */
  holdFor(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.monotonicMs() + ms);
  }
}
