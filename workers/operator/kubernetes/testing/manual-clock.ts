// A clock that stands still until a test moves it.
import { StoppingError } from '../../../runtime/errors.ts';
import type { Clock } from '../clock.ts';

interface Sleeper {
  readonly wakeAtMs: number;
  readonly wake: () => void;
}

/** Time passes only by `advance`; chance is a constant. */
export class ManualClock implements Clock {
  /** What `random` answers. */
  chance = 1;
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  readonly monotonicMs = (): number => this.#nowMs;
  readonly date = (): Date => new Date(Date.UTC(2030, 0, 1) + this.#nowMs);
  readonly random = (): number => this.chance;

  readonly pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new StoppingError());
      const abort = (): void => {
        if (this.#sleepers.delete(sleeper)) reject(new StoppingError());
      };
      const wake = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { wakeAtMs: this.#nowMs + ms, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', abort, { once: true });
    });

  /** How many wait. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Lets time pass, waking each sleeper at its time and letting it act before the next. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const next = [...this.#sleepers].sort((a, b) => a.wakeAtMs - b.wakeAtMs)[0];
      if (!next || next.wakeAtMs > untilMs) break;
      this.#sleepers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.wakeAtMs);
      next.wake();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

/** Lets everything run that waits for no time and no other process. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
