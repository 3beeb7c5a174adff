// Keeps the state of a source's stream in the bucket `feeds`: at once when it says something new, now and then otherwise.
import type { KV } from 'nats';
import { feedStateKey, STREAM_FEED } from '../contract/subjects.ts';
import { reasonOf, StoppingError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { persist } from '../runtime/retry.ts';
import { blankState, readState, type StreamState } from './state.ts';

/** Progress is written this often at most. */
const PROGRESS_MS = 2_000;

/** What keeping a state needs. */
export interface StateKeeperOptions {
  readonly bucket: Pick<KV, 'get' | 'put'>;
  readonly source: string;
  readonly url: string;
  readonly log: Logger;
  /** Gives up writing. */
  readonly signal: AbortSignal;
  readonly progressMs?: number;
}

export class StateKeeper {
  readonly #options: StateKeeperOptions;
  readonly #key: string;
  #state: StreamState;
  #written = '';
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  private constructor(options: StateKeeperOptions, state: StreamState) {
    this.#options = options;
    this.#key = feedStateKey(options.source, STREAM_FEED);
    this.#state = state;
  }

  /** Reads the state as it was left; one that can't be read is begun anew. @throws {StoppingError} */
  static async open(options: StateKeeperOptions, signal: AbortSignal): Promise<StateKeeper> {
    const { bucket, source, url, log } = options;
    const blank = blankState(source, url);
    const entry = await persist(() => bucket.get(feedStateKey(source, STREAM_FEED)), {
      signal,
      onFailure: (error) => log.warn({ source, reason: reasonOf(error) }, 'could not read the state, trying again'),
    });
    let known: StreamState | null = null;
    try {
      known = entry?.operation === 'PUT' ? readState(entry.json(), blank) : null;
    } catch (error) {
      log.warn({ source, reason: reasonOf(error) }, 'the state is not JSON, starting without');
    }
    return new StateKeeper(options, known ?? blank);
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Changes the state and writes it at once. */
  say(change: Partial<StreamState>): void {
    this.#state = { ...this.#state, ...change };
    this.#write();
  }

  /** Changes the state; it is written soon. */
  note(change: Partial<StreamState>): void {
    this.#state = { ...this.#state, ...change };
    this.#timer ??= setTimeout(() => this.#write(), this.#options.progressMs ?? PROGRESS_MS);
  }

  /** Ends: what was not written is written now, or forgotten when it is no longer ours to write. */
  async close(write: boolean): Promise<void> {
    if (write) this.#write();
    this.#closed = true;
    this.#clearTimer();
    await this.#writing;
  }

  #write(): void {
    this.#clearTimer();
    // Writing that has nothing to write ends before it could be kept here, and then it would seem to be under way for ever.
    const isNew = JSON.stringify(this.#state) !== this.#written;
    if (!this.#closed && isNew) this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    const { bucket, source, log, signal } = this.#options;
    try {
      for (let text = JSON.stringify(this.#state); text !== this.#written; text = JSON.stringify(this.#state)) {
        await persist(() => bucket.put(this.#key, text), {
          signal,
          onFailure: (error) =>
            log.warn({ source, reason: reasonOf(error) }, 'could not write the state, trying again'),
        });
        this.#written = text;
      }
    } catch (error) {
      if (!(error instanceof StoppingError)) throw error;
    } finally {
      this.#writing = null;
    }
  }

  #clearTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
