// What came of the items that were published: read from the database and from NEWS.processed, not from what workers say.
import { MongoClient } from 'mongodb';
import { Observer } from '../../../local/observer.ts';
import { OBSERVER } from '../../../workers/contract/observer.ts';
import type { Target } from './target.ts';

const PING_INTERVAL_MS = 2_000;
const MONGODB_POD = 'mongodb-0';
const MONGODB_PORT = 27_017;
const DATABASE = 'newsjet';

/** What became of published items. */
export interface Outcome {
  readonly items: number;
  /** Not stored, or not republished. */
  readonly lost: number;
  /** Republished more than once. */
  readonly duplicated: number;
}

/** Watches from its opening on. */
export class Ledger {
  readonly #observer: Observer;
  readonly #client: MongoClient;

  private constructor(observer: Observer, client: MongoClient) {
    this.#observer = observer;
    this.#client = client;
  }

  static async open(target: Target): Promise<Ledger> {
    const tls = await target.tls(OBSERVER.name);
    const observer = await Observer.start({ natsUrls: target.natsUrls, tls, pingIntervalMs: PING_INTERVAL_MS });
    const { username = '', password = '' } = await target.secret('mongodb-app');
    const { port } = await target.tunnel(MONGODB_POD, MONGODB_PORT);
    const client = new MongoClient(`mongodb://127.0.0.1:${port}/?authSource=${DATABASE}&directConnection=true`, {
      auth: { username, password },
      tls: true,
      tlsCAFile: tls.caFile,
      // The certificate names the Service; the tunnel ends at this machine.
      tlsAllowInvalidHostnames: true,
      serverSelectionTimeoutMS: 5_000,
    });
    return new Ledger(observer, client);
  }

  /** How many of these were republished so far. */
  processed(ids: ReadonlySet<string>): number {
    const { processed } = this.#observer;
    let count = 0;
    for (const id of ids) if (processed.has(id)) count++;
    return count;
  }

  /** Messages of a consumer that are not acknowledged yet, delivered or not. */
  outstanding(stream: string, consumer: string): Promise<number> {
    return this.#observer.outstanding(stream, consumer);
  }

  /** Counts what was stored of these, and what was republished how often; of other news, duplicates count too. */
  async outcome(ids: ReadonlySet<string>): Promise<Outcome> {
    const { processed } = this.#observer;
    const stored = new Set<string>();
    const all = [...ids];
    for (let start = 0; start < all.length; start += 1_000) {
      const found = this.#news()
        .find({ _id: { $in: all.slice(start, start + 1_000) } }, { projection: { _id: 1 } })
        .map(({ _id }) => _id);
      for await (const id of found) stored.add(id);
    }
    return {
      items: ids.size,
      lost: all.filter((id) => !stored.has(id) || !processed.has(id)).length,
      duplicated: [...processed.values()].filter((times) => times > 1).length,
    };
  }

  /** How many documents there are. */
  countStored(): Promise<number> {
    return this.#news().countDocuments();
  }

  /** How many documents name a source. */
  countOf(source: string): Promise<number> {
    return this.#news().countDocuments({ sources: source });
  }

  #news() {
    return this.#client.db(DATABASE).collection<{ _id: string; sources: string[] }>('news');
  }

  async close(): Promise<void> {
    await this.#observer.stop();
    await this.#client.close();
  }
}
