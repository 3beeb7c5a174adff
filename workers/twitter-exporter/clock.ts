// Time and chance, as whoever waits needs them; tests give their own.
import { pause } from '../runtime/retry.ts';

export interface Clock {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** @throws {StoppingError} as soon as the signal aborts */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const SYSTEM_CLOCK: Clock = { now: Date.now, random: Math.random, pause };
