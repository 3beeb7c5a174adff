// The operator's connection to NATS, made in the background: where certificates stand in its way, it is this very process that
// renews them meanwhile.
import type { NatsConnection } from 'nats';
import { FatalError, reasonOf, StoppingError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Registry } from '../runtime/metrics.ts';
import { connectNats, drainNats, jetStream } from '../runtime/nats.ts';
import { Publisher } from '../runtime/publisher.ts';
import { backoffMs, pause } from '../runtime/retry.ts';
import { SYSTEM_CLOCK, withTimeLimit } from './kubernetes/clock.ts';

/** What there is once the servers have let the operator in. */
export interface Connected {
  readonly connection: NatsConnection;
  readonly publisher: Publisher;
}

/** The connection is needed, and not there yet. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
}

export interface NatsLinkOptions {
  readonly identity: string;
  readonly settings: Parameters<typeof connectNats>[1];
  readonly log: Logger;
  readonly registry: Registry;
}

/** After so long without a connection, files are checked anew: what is wrong with them by now would look like silence. */
const ATTEMPT_MS = 30_000;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 5_000;
/** Every so manieth failure is said. */
const SAY_EVERY = 12;

export class NatsLink {
  readonly #options: NatsLinkOptions;
  readonly #established: Promise<Connected>;
  #setEstablished: (connected: Connected) => void = () => {};
  #connected: Connected | undefined;
  #problem = 'no server has answered yet';

  constructor(options: NatsLinkOptions) {
    this.#options = options;
    this.#established = new Promise((resolve) => {
      this.#setEstablished = resolve;
    });
  }

  /** The connection; undefined as long as there is none. */
  get connected(): Connected | undefined {
    return this.#connected;
  }

  /** Why there is no connection yet; undefined once there is one. */
  get problem(): string | undefined {
    return this.#connected ? undefined : this.#problem;
  }

  /** The connection. @throws {NotConnectedError} saying why there is none yet */
  need(): Connected {
    if (!this.#connected) throw new NotConnectedError(this.explain());
    return this.#connected;
  }

  /** Why what needs the connection can't be done, in words. */
  explain(): string {
    return `not connected to NATS: ${this.#problem}`;
  }

  /** Waits for the connection. @returns undefined when the signal aborts before */
  async wait(signal: AbortSignal): Promise<Connected | undefined> {
    return Promise.race([this.#established, aborted(signal)]);
  }

  /**
   * Connects, for as long as it takes and with the files as they are at each attempt, and returns when the signal aborts.
   * @throws {FatalError} when the connection is closed for good: the process that is started in its place begins anew
   */
  async run(signal: AbortSignal): Promise<void> {
    const { log, registry } = this.#options;
    const connection = await this.#connect(signal);
    if (!connection) return;
    const maxBytes = connection.info?.max_payload ?? 1_048_576;
    this.#connected = { connection, publisher: new Publisher(jetStream(connection), { maxBytes, log, registry }) };
    this.#setEstablished(this.#connected);
    const closed = connection.closed().then((cause) => ({ cause }));
    const end = await Promise.race([closed, aborted(signal)]);
    if (end && !signal.aborted) throw new FatalError('the connection to NATS was closed for good', end);
  }

  /** Closes the connection, if there is one, after what was published has reached the servers. */
  async close(): Promise<void> {
    if (this.#connected) await drainNats(this.#connected.connection, this.#options.log);
  }

  async #connect(signal: AbortSignal): Promise<NatsConnection | undefined> {
    const { identity, settings, log } = this.#options;
    const remember = (error: unknown): void => {
      this.#problem = reasonOf(error);
    };
    for (let attempts = 1; !signal.aborted; attempts++) {
      try {
        const attempt = (limited: AbortSignal) => connectNats(identity, settings, log, limited, remember);
        return await withTimeLimit(SYSTEM_CLOCK, ATTEMPT_MS, signal, attempt);
      } catch (error) {
        if (!(error instanceof FatalError || error instanceof StoppingError)) throw error;
        if (error instanceof FatalError) {
          remember(error);
          if (attempts % SAY_EVERY === 1) log.warn({ attempts, reason: this.#problem }, "can't connect to NATS yet");
        }
      }
      await pause(backoffMs(attempts, FIRST_DELAY_MS, MAX_DELAY_MS), signal).catch(() => {});
    }
    return undefined;
  }
}

const aborted = async (signal: AbortSignal): Promise<undefined> => {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
};
