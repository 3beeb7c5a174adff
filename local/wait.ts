// Waiting for a condition: by asking again, never by sleeping and hoping.
import { setTimeout as delay } from 'node:timers/promises';

/** A condition did not come true in time. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
}

/** Thrown by a question that need not be asked again: the condition can't come true any more. */
export class GiveUpError extends Error {
  override readonly name: string = 'GiveUpError';
}

/**
 * Asks until the answer is neither undefined nor false.
 * @param what the condition, for the message when it does not come true
 * @param ask may throw; the last failure becomes the cause of the time-out
 * @throws {WaitTimeoutError} after `timeoutMs`
 * @throws {GiveUpError} as soon as `ask` throws one
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  intervalMs = 25,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      if (error instanceof GiveUpError) throw error;
      cause = error;
    }
    if (performance.now() > deadline) {
      const because = cause instanceof Error ? `: ${cause.message}` : '';
      throw new WaitTimeoutError(`${what}: not within ${timeoutMs} ms${because}`, { cause });
    }
    await delay(intervalMs);
  }
}
