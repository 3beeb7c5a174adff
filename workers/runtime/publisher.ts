// Publishes messages that follow their schema, each under an id derived from its content, and waits for JetStream's word.

import { headers, type JetStreamClient, type JetStreamPublishOptions, NatsError } from 'nats';
import type { Counter, Registry } from 'prom-client';
import { type MessageSchema, schemaHeader } from '../contract/messages.ts';
import { METRICS } from '../contract/metrics.ts';
import { HEADER } from '../contract/subjects.ts';
import { validateMessage } from '../contract/validation.ts';
import { isSuperseded, PoisonError, reasonOf, SupersededError } from './errors.ts';
import type { Logger } from './log.ts';
import { counter } from './metrics.ts';
import { persist } from './retry.ts';

/** The class of JetStream's refusals that no repetition can mend: size, headers, schedule of the message itself. */
const BAD_REQUEST = 400;
const MAX_RETRY_DELAY_MS = 1_000;
const WARNING_INTERVAL_MS = 1_000;
/** What the server counts beside the body: subject, reply and headers. */
const HEADER_BYTES = 16_384;

/** What to publish. */
export interface Publication {
  readonly subject: string;
  readonly type: MessageSchema;
  readonly body: unknown;
  /** Derived from the content; the server drops a second message with the same id. @default none */
  readonly messageId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Publishes only if this is still the last message of a subject of the same stream. @default whatever is there */
  readonly after?: { readonly subject: string; readonly sequence: number };
}

/** JetStream's word that it has a message. */
export interface Confirmation {
  /** Whether it knew the message by its id already. */
  readonly duplicate: boolean;
  /** Sequence in the stream; of a duplicate, that of the message it repeats. */
  readonly sequence: number;
}

const encoder = new TextEncoder();

/** Publishes for one process; at most `maxInFlight` messages await their confirmation at any time. */
export class Publisher {
  readonly #client: JetStreamClient;
  readonly #maxBytes: number;
  readonly #log: Logger;
  readonly #published: Counter<'subject' | 'duplicate'>;
  readonly #retries: Counter<'subject'>;
  readonly #maxInFlight: number;
  readonly #waiting: (() => void)[] = [];
  /** By subject: when a failure was last put in the log, and how many were not since then. */
  readonly #warned = new Map<string, { at: number; unsaid: number }>();
  #inFlight = 0;

  constructor(
    client: JetStreamClient,
    options: { maxBytes: number; log: Logger; registry: Registry; maxInFlight?: number },
  ) {
    this.#client = client;
    this.#maxBytes = options.maxBytes;
    this.#log = options.log;
    this.#published = counter(options.registry, METRICS.published);
    this.#retries = counter(options.registry, METRICS.publishRetries);
    this.#maxInFlight = options.maxInFlight ?? 1_000;
  }

  /**
   * Publishes, and returns once JetStream has stored the message (or knows it already). While the cluster is away or the
   * stream is full it keeps trying.
   * @throws {PoisonError} when the message is invalid or too large
   * @throws {SupersededError} when `after` does not hold
   * @throws {StoppingError} when the signal aborts first
   */
  async publish(publication: Publication, signal: AbortSignal): Promise<Confirmation> {
    const { subject } = publication;
    const measured = { subject: measuredSubject(subject) };
    // There from the first message on: Prometheus sees no increase in a series that begins with 1.
    this.#retries.inc(measured, 0);
    await this.#enter();
    try {
      const data = this.#encode(publication);
      const options = publishOptions(publication);
      const confirmation = await persist(() => this.#attempt(subject, data, options), {
        signal,
        // A full stream has room again as soon as its consumer goes on.
        maxDelayMs: MAX_RETRY_DELAY_MS,
        retryable: (error) => !(error instanceof SupersededError),
        onFailure: (error, attempts) => {
          this.#retries.inc(measured);
          this.#warn(subject, attempts, error);
        },
      });
      this.#published.inc({ ...measured, duplicate: String(confirmation.duplicate) });
      return { duplicate: confirmation.duplicate, sequence: confirmation.seq };
    } finally {
      this.#leave();
    }
  }

  #encode({ subject, type, body }: Publication): Uint8Array {
    let valid: unknown;
    try {
      valid = validateMessage(type, body);
    } catch (error) {
      throw new PoisonError(`can't publish to ${subject}`, { cause: error, death: 'unpublishable' });
    }
    const data = encoder.encode(JSON.stringify(valid));
    const limit = this.#maxBytes - HEADER_BYTES;
    if (data.length > limit) {
      throw new PoisonError(`can't publish to ${subject}: ${data.length} bytes, the limit is ${limit}`, {
        death: 'unpublishable',
      });
    }
    return data;
  }

  async #attempt(subject: string, data: Uint8Array, options: Partial<JetStreamPublishOptions>) {
    try {
      // The client adds to the headers that it is given.
      return await this.#client.publish(subject, data, { ...options });
    } catch (error) {
      if (isSuperseded(error)) {
        throw new SupersededError(`${subject} has been published to since`, { cause: error });
      }
      if (error instanceof NatsError && error.api_error?.code === BAD_REQUEST) {
        throw new PoisonError(`JetStream refuses the message for ${subject}`, { cause: error, death: 'unpublishable' });
      }
      throw error;
    }
  }

  /** A stream that is full refuses hundreds of messages at once: one line a second says as much. */
  #warn(subject: string, attempts: number, error: unknown): void {
    const last = this.#warned.get(subject);
    if (last && performance.now() - last.at < WARNING_INTERVAL_MS) {
      last.unsaid++;
      return;
    }
    const others = last?.unsaid ?? 0;
    this.#warned.set(subject, { at: performance.now(), unsaid: 0 });
    this.#log.warn({ subject, attempts, others, reason: reasonOf(error) }, 'not confirmed, publishing again');
  }

  async #enter(): Promise<void> {
    if (this.#inFlight >= this.#maxInFlight) {
      // The place is handed over by whoever leaves, so the count stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#inFlight++;
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#inFlight--;
  }
}

/** As much of a subject as is bounded: schedules have one for every feed. */
const measuredSubject = (subject: string): string => subject.split('.', 2).join('.');

function publishOptions({ type, messageId, headers: own, after }: Publication): Partial<JetStreamPublishOptions> {
  const all = headers();
  all.set(HEADER.schema, schemaHeader(type));
  for (const [name, value] of Object.entries(own ?? {})) all.set(name, value);
  if (after) {
    all.set('Nats-Expected-Last-Subject-Sequence', String(after.sequence));
    all.set('Nats-Expected-Last-Subject-Sequence-Subject', after.subject);
  }
  return { headers: all, ...(messageId === undefined ? {} : { msgID: messageId }) };
}
