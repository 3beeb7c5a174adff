// Patience with a database that is away, starting, or does not know its first user yet.
import { MongoServerError } from 'mongodb';
import { FatalError, reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { persist } from '../runtime/retry.ts';

export interface PatienceOptions {
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** How long the database may refuse the login, without a break. */
  readonly loginTimeoutMs: number;
  /** What to say when it has refused for that long: who, and what to check. */
  readonly refusal: string;
  /** Told of each failure that may pass. */
  readonly onFailure: (error: unknown) => void;
}

const AUTHENTICATION_FAILED = 18;
/** What the server says of a command that it will never do: BadValue, FailedToParse, Unauthorized, RoleNotFound, CommandNotFound. */
const HOPELESS: readonly unknown[] = [2, 9, 13, 31, 59];

/**
 * Does the work until it succeeds.
 * @throws {FatalError} when the login is refused for too long, or the database will never do it
 * @throws {StoppingError} once the signal aborts
 */
export function withPatience<T>(work: () => Promise<T>, options: PatienceOptions): Promise<T> {
  const { signal, log, loginTimeoutMs, refusal } = options;
  let refusedSince: number | undefined;
  return persist(
    async () => {
      try {
        return await work();
      } catch (error) {
        const code = error instanceof MongoServerError ? error.code : undefined;
        if (HOPELESS.includes(code)) throw new FatalError('the database refuses the command', { cause: error });
        refusedSince = code === AUTHENTICATION_FAILED ? (refusedSince ?? performance.now()) : undefined;
        if (refusedSince !== undefined && performance.now() - refusedSince >= loginTimeoutMs) {
          throw new FatalError(refusal, { cause: error });
        }
        throw error;
      }
    },
    {
      signal,
      maxDelayMs: 2_000,
      onFailure: (error, attempts) => {
        options.onFailure(error);
        log.warn({ attempts, reason: reasonOf(error) }, 'waiting for the database');
      },
    },
  );
}
