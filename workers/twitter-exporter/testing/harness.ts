// An exporter's following without a cluster, against the simulated API over real HTTP: its clock leaps over every wait.
import { Registry } from 'prom-client';
import { waitFor } from '../../../local/wait.ts';
import type { RawDocument } from '../../contract/messages.ts';
import { startXSimulator, type XSimulator, type XSimulatorOptions } from '../../newsroom/x/x-simulator.ts';
import { StoppingError } from '../../runtime/errors.ts';
import type { Confirmation, Publication } from '../../runtime/publisher.ts';
import { recordingLog } from '../../runtime/testing/log.ts';
import { XApi } from '../api.ts';
import type { Clock } from '../clock.ts';
import { type FollowTools, follow } from '../follow.ts';
import { followCounters } from '../post-flow.ts';
import type { StreamState } from '../state.ts';
import { TokenSource } from '../token.ts';

export const SOON_MS = 30_000;
/** A turn of real time for every wait, so that whoever waits in a loop lets others work. */
const TURN_MS = 2;

export interface HarnessOptions {
  readonly simulator?: XSimulatorOptions;
  readonly tools?: Partial<FollowTools>;
  readonly tokenFile?: string;
}

/** A publication that was confirmed. */
export interface Published {
  readonly messageId: string;
  readonly data: string;
  readonly id: string;
}

export class Harness {
  readonly simulator: XSimulator;
  readonly recording = recordingLog();
  /** Every state that was written, as written. */
  readonly states: StreamState[] = [];
  /** Every wait that was asked for, in milliseconds. */
  readonly waits: number[] = [];
  /** In the order of their confirmation, duplicates left out. */
  readonly published: Published[] = [];
  readonly duplicates: string[] = [];
  /** Publications that were begun. */
  asked = 0;
  /** While it is closed, nothing is confirmed. */
  gate: Promise<void> = Promise.resolve();
  /** Waits longer than this are really waited for, until the test ends. */
  longestLeapMs = Number.POSITIVE_INFINITY;
  readonly #options: HarnessOptions;
  readonly #time: { skewMs: number };
  readonly #known = new Set<string>();
  readonly #stop = new AbortController();
  #stored: string | undefined;
  #running: Promise<void> | undefined;
  #api: XApi | undefined;

  private constructor(simulator: XSimulator, options: HarnessOptions, time: { skewMs: number }) {
    this.simulator = simulator;
    this.#options = options;
    this.#time = time;
  }

  static async start(options: HarnessOptions = {}): Promise<Harness> {
    const time = { skewMs: 0 };
    const simulator = await startXSimulator({ now: () => Date.now() + time.skewMs, ...options.simulator });
    return new Harness(simulator, options, time);
  }

  get clock(): Clock {
    return {
      now: () => Date.now() + this.#time.skewMs,
      random: () => 0,
      pause: async (ms, signal) => {
        this.waits.push(ms);
        const isLeapt = ms <= this.longestLeapMs;
        if (isLeapt) this.#time.skewMs += ms;
        await new Promise<void>((resolve, reject) => {
          const stop = (): void => reject(new StoppingError());
          if (signal.aborted) return stop();
          signal.addEventListener('abort', stop, { once: true });
          const go = (): void => {
            signal.removeEventListener('abort', stop);
            resolve();
          };
          if (isLeapt) setTimeout(go, TURN_MS);
        });
      },
    };
  }

  /** Passes time, for the simulator too. */
  leap(ms: number): void {
    this.#time.skewMs += ms;
  }

  get state(): StreamState | undefined {
    return this.states.at(-1);
  }

  /** Begins as if this had been stored by an earlier process. */
  remember(state: object): void {
    this.#stored = JSON.stringify(state);
  }

  follow(rules: FollowTools['rules']): void {
    const { tools = {}, tokenFile = '' } = this.#options;
    const apiUrl = this.simulator.url;
    this.#api = new XApi({ baseUrl: apiUrl });
    this.#running = follow(
      {
        ...{ source: 'x', rules, api: this.#api, apiUrl, log: this.recording.log },
        tokens: new TokenSource({ file: tokenFile, fixed: tokenFile === '' ? 'newsroom' : '', clock: this.clock }),
        states: this.#bucket() as never,
        publisher: { publish: (publication) => this.#publish(publication) },
        counters: followCounters(new Registry()),
        clock: this.clock,
        abandoning: new AbortController().signal,
        ...tools,
      },
      this.#stop.signal,
    );
    // Whoever stops the harness hears of it.
    this.#running.catch(() => {});
  }

  /** Ends it as a signal would, or as a lost lease does. */
  async stop(reason?: Error): Promise<void> {
    this.#stop.abort(reason);
    try {
      await this.#running;
    } finally {
      await this.#api?.close();
      await this.simulator.close();
    }
  }

  connected(times = 1): Promise<unknown> {
    return waitFor(`${times} connections`, SOON_MS, () => this.simulator.connections.ever >= times);
  }

  /** Waits for a state, written from now on or before. */
  stateWith(wanted: (state: StreamState) => boolean): Promise<StreamState> {
    return waitFor('a state', SOON_MS, () => this.states.find(wanted));
  }

  publishedIds(): string[] {
    return this.published.map(({ id }) => id);
  }

  logged(message: string): number {
    return this.recording.lines.filter(({ msg }) => msg === message).length;
  }

  async #publish({ body, messageId = '' }: Publication): Promise<Confirmation> {
    this.asked++;
    await this.gate;
    const { data } = body as RawDocument;
    if (this.#known.has(messageId)) {
      this.duplicates.push(messageId);
      return { duplicate: true, sequence: 0 };
    }
    this.#known.add(messageId);
    this.published.push({ messageId, data, id: /"id":"(\d+)"/.exec(data)?.[1] ?? '' });
    return { duplicate: false, sequence: this.published.length };
  }

  #bucket() {
    return {
      get: async () => {
        const text = this.#stored;
        return text === undefined ? null : { operation: 'PUT', json: () => JSON.parse(text) };
      },
      put: async (_: string, text: string) => {
        this.#stored = text;
        this.states.push(JSON.parse(text));
        return this.states.length;
      },
    };
  }
}
