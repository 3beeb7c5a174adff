// The ways in which work fails, by what follows: poison goes to the DLQ, fatal ends the process, anything else is retried.
import { NatsError } from 'nats';

/**
 * Why a message is dead, for counting: `unreadable` is not what it is to be, `unpublishable` is what was to follow from it, `refused`
 * is what the database would not take, and `exhausted` was delivered too often.
 */
export const DEATH_CAUSES = ['unreadable', 'unpublishable', 'refused', 'exhausted'] as const;
export type DeathCause = (typeof DEATH_CAUSES)[number];

/** The message itself can't be processed, now or later: it goes to the DLQ with this reason. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
  readonly death: DeathCause;

  /** @param options.death `unreadable` unless given */
  constructor(message: string, options: { readonly cause?: unknown; readonly death?: DeathCause } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.death = options.death ?? 'unreadable';
  }
}

/** What was to be published was meant for a state of the stream that is gone: somebody else has gone on from there. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/** JetStream's codes for a condition on the last message that does not hold: among what is stored, or among what is about to be. */
const WRONG_LAST_SEQUENCE: readonly (number | undefined)[] = [10071, 10164];

/** Whether JetStream refused a message because somebody else was first. */
export const isSuperseded = (error: unknown): boolean =>
  error instanceof NatsError && WRONG_LAST_SEQUENCE.includes(error.api_error?.err_code);

/** The process can't go on; it exits with a failure, and the platform starts it again. */
export class FatalError extends Error {
  override readonly name = 'FatalError';
}

/** Work was given up because the process is stopping; its messages go back to the stream. */
export class StoppingError extends Error {
  override readonly name = 'StoppingError';

  constructor() {
    super('the process is stopping');
  }
}

/** What the client library of NATS says when nobody answers, or in front of what the server answered. */
const UNAVAILABLE = '503';

/** The text of whatever was thrown, its causes included. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The client library of NATS keeps causes in a property of its own.
  const cause = error.cause ?? (error as { chainedError?: unknown }).chainedError ?? undefined;
  if (error.message === UNAVAILABLE) return cause === undefined ? 'nobody answers (503)' : reasonOf(cause);
  const message = error.message || error.name;
  const because = cause === undefined ? '' : reasonOf(cause);
  // The driver of MongoDB repeats the cause in the message.
  return message.endsWith(because) ? message : `${message}: ${because}`;
}
