// Publishes the live posts while somebody is connected; a search finds those of the last minutes at any time.
import type { LiveOptions } from '../live.ts';
import { livePost, livePostNumbers, postIntervalMs } from './live-posts.ts';
import type { XApi } from './x-api.ts';

/** What the live posts depend on. */
export interface LiveFeederOptions {
  readonly live: LiveOptions;
  /** The newsroom's address, without a slash at the end. */
  readonly baseUrl: string;
  readonly now: () => number;
}

/** How far back a search finds what was posted while nobody asked. */
const HORIZON_MS = 600_000;
const LONGEST_TICK_MS = 250;

export class LiveFeeder {
  readonly #api: XApi;
  readonly #options: LiveFeederOptions;
  #publishedUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(api: XApi, options: LiveFeederOptions) {
    this.#api = api;
    this.#options = options;
    api.onRequest((endpoint) => {
      if (endpoint === 'search') this.#publishDue(api.connections.open > 0);
      if (endpoint !== 'stream') return;
      // What was posted before the stream began is not part of it.
      this.#publishDue(false);
      this.#timer ??= setInterval(() => this.#tick(), Math.min(LONGEST_TICK_MS, postIntervalMs(options.live)));
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    if (this.#api.connections.open === 0) this.close();
    else this.#publishDue(true);
  }

  #publishDue(deliver: boolean): void {
    const { live, baseUrl, now } = this.#options;
    const until = now();
    const after = Math.max(this.#publishedUntil, until - HORIZON_MS);
    for (const number of livePostNumbers(after, until, live)) {
      const draft = livePost(number, baseUrl, live);
      if (deliver) this.#api.publish(draft);
      else this.#api.archive(draft);
    }
    this.#publishedUntil = Math.max(after, until);
  }
}
