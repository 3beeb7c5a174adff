// A leader's lease: of all processes that want a key, one holds it at a time. The key expires unless its holder renews it
// (JetStream's time limit a message, ADR-43 of NATS), so that a holder that was killed is replaced.
import { randomUUID } from 'node:crypto';
import { headers, type JetStreamClient, type NatsConnection } from 'nats';
import { bucketStream, bucketSubject } from '../contract/subjects.ts';
import { lastMessage } from './direct-get.ts';
import { isSuperseded, reasonOf, StoppingError } from './errors.ts';
import { joinSignals } from './joined-signal.ts';
import type { Logger } from './log.ts';
import { pause } from './retry.ts';

/** Shortest time limit that the server knows. */
const RELEASE_TTL_SECONDS = 1;
const RELEASED = 'DEL';

/** Times of a lease, in milliseconds. */
export interface LeaseTiming {
  /** After this the server gives up a lease that was not renewed; whole seconds. @default 5000 */
  readonly ttlMs: number;
  /** @default 1500 */
  readonly renewEveryMs: number;
  /** How often those who wait ask for it. @default 1000 */
  readonly retryEveryMs: number;
  /** How long before the server its holder gives it up: covers clocks of servers that disagree. @default 1000 */
  readonly marginMs: number;
}

const DEFAULT_TIMING: LeaseTiming = { ttlMs: 5_000, renewEveryMs: 1_500, retryEveryMs: 1_000, marginMs: 1_000 };

/** What a lease needs. */
export interface LeaseOptions {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  /** Its stream allows time limits (`allow_msg_ttl`) and keeps one message a subject. */
  readonly bucket: string;
  readonly key: string;
  readonly log: Logger;
  /** Says who holds it; unique among all that want it. @default random */
  readonly holder?: string;
  readonly timing?: Partial<LeaseTiming>;
}

/** The reason with which the signal of a holder aborts when the lease is, or may soon be, another's. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** The lease as granted: `sequence` is what the next renewal replaces. Times are those of `performance.now()`. */
interface Grant {
  readonly sequence: number;
  readonly sentAtMs: number;
}

/** The value of the key. */
interface LeaseValue {
  readonly holder: string;
  /** Which of the holder's requests this is: its answer may have been lost. */
  readonly request: number;
}

/** A key of a bucket that one process holds at a time. */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #timing: LeaseTiming;
  readonly #holder: string;
  readonly #stream: string;
  readonly #subject: string;
  /** When each request was sent whose answer has not been seen. */
  readonly #unanswered = new Map<number, number>();
  #requests = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    const { ttlMs, renewEveryMs, marginMs } = this.#timing;
    if (ttlMs % 1_000 !== 0 || ttlMs < 1_000) throw new Error(`ttlMs is ${ttlMs}; a lease lasts whole seconds`);
    if (renewEveryMs + marginMs >= ttlMs) {
      throw new Error(`renewing every ${renewEveryMs} ms leaves no ${marginMs} ms of ${ttlMs} ms to give up in`);
    }
    this.#holder = options.holder ?? randomUUID();
    this.#stream = bucketStream(options.bucket);
    this.#subject = bucketSubject(options.bucket, options.key);
  }

  /**
   * Waits for the lease, works while it is held, and gives it back; again and again until the signal aborts. The work is told
   * to end by a signal of its own: with a {@link LeaseLostError} at once, and before anybody else can hold the lease; with any
   * other reason because `signal` aborted, and then the lease is kept until the work has ended.
   * @throws what the work throws, after the lease was given back
   */
  async lead(signal: AbortSignal, work: (held: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const grant = await this.#acquire();
      if (grant) await this.#hold(grant, signal, work);
      await pause(this.#timing.retryEveryMs, signal).catch(ignoreStop);
    }
  }

  async #acquire(): Promise<Grant | undefined> {
    const { connection, log } = this.#options;
    try {
      const last = await lastMessage(connection, this.#stream, this.#subject);
      if (!last || last.headers.get('KV-Operation') === RELEASED) return await this.#send(last?.sequence ?? 0);
      return this.#adopt(readValue(last.data), last.sequence);
    } catch (error) {
      if (!isSuperseded(error))
        log.debug({ lease: this.#subject, reason: reasonOf(error) }, 'could not ask for the lease');
      return undefined;
    }
  }

  async #hold(first: Grant, signal: AbortSignal, work: (held: AbortSignal) => Promise<void>): Promise<void> {
    const { log } = this.#options;
    const lost = new AbortController();
    const ended = new AbortController();
    log.info({ lease: this.#subject, holder: this.#holder }, 'holds the lease');
    const renewing = this.#renew(first, lost, ended.signal);
    try {
      await work(AbortSignal.any([signal, lost.signal]));
    } finally {
      ended.abort();
      const last = await renewing;
      if (lost.signal.aborted)
        log.warn({ lease: this.#subject, reason: reasonOf(lost.signal.reason) }, 'lost the lease');
      else await this.#release(last);
    }
  }

  /** Renews until the work has ended or the lease is lost; returns the last grant. */
  async #renew(first: Grant, lost: AbortController, ended: AbortSignal): Promise<Grant> {
    const { ttlMs, marginMs, renewEveryMs } = this.#timing;
    let grant = first;
    let failure: unknown;
    const giveUp = (why: string): void => lost.abort(new LeaseLostError(why, { cause: failure }));
    // Counted from when the request was sent: the server began to count later than that.
    const leftMs = (): number => grant.sentAtMs + ttlMs - marginMs - performance.now();
    const expire = (): void => giveUp(`not renewed within ${ttlMs - marginMs} ms`);
    let deadline = setTimeout(expire, leftMs());
    const over = joinSignals(ended, lost.signal).signal;
    while (!lost.signal.aborted) {
      await pause(renewEveryMs, over).catch(ignoreStop);
      if (ended.aborted || lost.signal.aborted) break;
      try {
        const renewed = await this.#request(grant);
        if (!renewed) giveUp('another holds it');
        else if (!lost.signal.aborted) {
          grant = renewed;
          clearTimeout(deadline);
          deadline = setTimeout(expire, leftMs());
        }
      } catch (error) {
        failure = error;
      }
    }
    clearTimeout(deadline);
    return grant;
  }

  /** @returns undefined when the lease is another's */
  async #request(grant: Grant): Promise<Grant | undefined> {
    try {
      return await this.#send(grant.sequence);
    } catch (error) {
      if (!isSuperseded(error)) throw error;
      // A renewal whose answer was lost moved the key on: then it is still ours.
      const last = await lastMessage(this.#options.connection, this.#stream, this.#subject);
      // A replica that lags behind answers with what was replaced: whose the lease is now, it can't say.
      if (last && last.sequence <= grant.sequence) throw error;
      return last && this.#adopt(readValue(last.data), last.sequence);
    }
  }

  /** The grant of a request of ours that was stored although its answer never came. */
  #adopt(value: LeaseValue | undefined, sequence: number): Grant | undefined {
    const sentAtMs = value?.holder === this.#holder ? this.#unanswered.get(value.request) : undefined;
    const { ttlMs, marginMs } = this.#timing;
    if (sentAtMs === undefined || performance.now() > sentAtMs + ttlMs - marginMs) return undefined;
    return { sequence, sentAtMs };
  }

  /** Writes the key in place of the message with this sequence; 0 when there must be none. */
  async #send(replaced: number): Promise<Grant> {
    const request = ++this.#requests;
    const sentAtMs = performance.now();
    this.#unanswered.set(request, sentAtMs);
    const value: LeaseValue = { holder: this.#holder, request };
    const { seq } = await this.#publish(JSON.stringify(value), replaced, this.#timing.ttlMs / 1_000, {});
    this.#unanswered.clear();
    return { sequence: seq, sentAtMs };
  }

  /** Leaves a mark that is gone in a second, so that whoever waits need not. */
  async #release({ sequence }: Grant): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#publish('', sequence, RELEASE_TTL_SECONDS, { 'KV-Operation': RELEASED });
      log.info({ lease: this.#subject }, 'gave the lease back');
    } catch (error) {
      log.debug({ lease: this.#subject, reason: reasonOf(error) }, 'could not give the lease back, it expires');
    }
  }

  #publish(data: string, replaced: number, ttlSeconds: number, extra: Readonly<Record<string, string>>) {
    const all = headers();
    all.set('Nats-TTL', `${ttlSeconds}s`);
    for (const [name, text] of Object.entries(extra)) all.set(name, text);
    const expect = { lastSubjectSequence: replaced };
    return this.#options.client.publish(this.#subject, data, {
      headers: all,
      expect,
      timeout: this.#timing.renewEveryMs,
    });
  }
}

function readValue(data: Uint8Array): LeaseValue | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(data)) as LeaseValue;
  } catch {
    return undefined;
  }
}

function ignoreStop(error: unknown): void {
  if (!(error instanceof StoppingError)) throw error;
}
