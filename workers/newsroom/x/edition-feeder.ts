// Publishes the edition's posts to whoever connects with its rules, and disconnects once in the middle.
import type { PostDraft } from './post.ts';
import type { XApi } from './x-api.ts';

const TICK_MS = 10;

/**
 * Publishes each post once, at an even pace, while somebody is connected and a rule matches it. After half of them the
 * stream is disconnected with an error object, and the next tenth is published while nobody is connected, so that only a
 * search finds them; the rest waits for the next connection.
 */
export class EditionFeeder {
  readonly #api: XApi;
  readonly #posts: readonly PostDraft[];
  readonly #perSecond: number;
  readonly #disconnectAt: number;
  #published = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(api: XApi, posts: readonly PostDraft[], perSecond: number) {
    this.#api = api;
    this.#posts = posts;
    this.#perSecond = perSecond;
    this.#disconnectAt = Math.floor(posts.length / 2);
    api.onRequest((endpoint) => {
      if (endpoint === 'stream' && this.#published < posts.length) this.#start();
    });
  }

  /** Posts published so far. */
  get published(): number {
    return this.#published;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #start(): void {
    this.close();
    let last = performance.now();
    let due = 0;
    this.#timer = setInterval(() => {
      const now = performance.now();
      due += ((now - last) / 1_000) * this.#perSecond;
      last = now;
      for (; due >= 1; due--) {
        const next = this.#posts[this.#published];
        if (!next || this.#api.connections.open === 0) return this.close();
        // Rules that are not there yet may still come.
        if (!this.#api.matchesRules(next)) break;
        this.#published++;
        this.#api.publish(next);
        if (this.#published === this.#disconnectAt) return this.#disconnect();
      }
      due = Math.min(due, 1);
    }, TICK_MS);
  }

  #disconnect(): void {
    this.close();
    this.#api.disconnect({ error: 'upstream' });
    const missed = this.#posts.slice(this.#published, this.#published + Math.floor(this.#posts.length / 10));
    this.#published += missed.length;
    this.#api.archive(...missed);
  }
}
