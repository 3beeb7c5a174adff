// A flow of raw documents with known items, published as a source's exporter would.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type JetStreamClient, headers as messageHeaders, type NatsConnection } from 'nats';
import { newsId } from '../../../workers/contract/identity.ts';
import { RAW_DOCUMENT, schemaHeader } from '../../../workers/contract/messages.ts';
import { HEADER, sourceSubject } from '../../../workers/contract/subjects.ts';

const PUBLISH_TIMEOUT_MS = 5_000;

export interface LoadOptions {
  /** Connected as the exporter of the source. */
  readonly connection: NatsConnection;
  readonly source: string;
  readonly itemsPerDocument: number;
  /** 0 publishes nothing but bursts. */
  readonly documentsPerSecond: number;
  /** Length of a description. @default a sentence */
  readonly charactersPerItem?: number;
}

/** Publishes until it is stopped; a document counts as published once JetStream has confirmed it. */
export class Load {
  readonly #client: JetStreamClient;
  readonly #options: LoadOptions;
  readonly #run = randomUUID().slice(0, 8);
  readonly #ids = new Set<string>();
  readonly #pending = new Set<Promise<void>>();
  readonly #loop: Promise<void>;
  #documents = 0;
  #stopped = false;

  private constructor(options: LoadOptions) {
    this.#options = options;
    this.#client = options.connection.jetstream({ checkAPI: false, timeout: PUBLISH_TIMEOUT_MS });
    this.#loop = this.#publishSteadily();
  }

  static start(options: LoadOptions): Load {
    return new Load(options);
  }

  /** Ids of the news in confirmed documents. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** Begins no further document, and waits until those begun are confirmed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Publishes so many documents at once, each as soon as there is room. */
  async burst(documents: number, inFlight = 32): Promise<void> {
    let left = documents;
    const publish = async (): Promise<void> => {
      while (left-- > 0) await this.#publishNext();
    };
    await Promise.all(Array.from({ length: inFlight }, publish));
  }

  async #publishSteadily(): Promise<void> {
    const intervalMs = 1_000 / this.#options.documentsPerSecond;
    let nextAt = performance.now();
    while (!this.#stopped && this.#options.documentsPerSecond > 0) {
      const work = this.#publishNext().finally(() => this.#pending.delete(work));
      this.#pending.add(work);
      nextAt += intervalMs;
      // The pace of the load: no condition is waited for.
      await delay(Math.max(0, nextAt - performance.now()));
    }
  }

  /** Publishes a document, again and again until it is confirmed: the server drops what it has already. */
  async #publishNext(): Promise<void> {
    const { source, itemsPerDocument, charactersPerItem = SENTENCE.length } = this.#options;
    const number = this.#documents++;
    const titles = Array.from(
      { length: itemsPerDocument },
      (_, index) => `Load ${this.#run} document ${number} item ${index}`,
    );
    const headers = messageHeaders();
    headers.set(HEADER.schema, schemaHeader(RAW_DOCUMENT));
    headers.set(HEADER.feed, 'load');
    const body = JSON.stringify({ data: document(titles, charactersPerItem), timestamp: new Date().toISOString() });
    for (;;) {
      try {
        await this.#client.publish(sourceSubject(source), body, { headers, msgID: `load-${this.#run}-${number}` });
        break;
      } catch {
        // A leader is being elected, or the stream is full: the pause is the pace of trying again.
        await delay(100);
      }
    }
    for (const title of titles) this.#ids.add(newsId('title', { title, link: '' }));
  }
}

const SENTENCE = 'An item that was published to see whether it arrives, once and only once. ';

function document(titles: readonly string[], charactersPerItem: number): string {
  const description = SENTENCE.repeat(Math.ceil(charactersPerItem / SENTENCE.length)).slice(0, charactersPerItem);
  const items = titles.map(
    (title) =>
      `<item><title>${title}</title><link>https://load.example/${title.replaceAll(' ', '-')}</link>` +
      `<description>${description}</description><pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate></item>`,
  );
  return `<?xml version="1.0"?><rss version="2.0"><channel><title>Load</title>${items.join('')}</channel></rss>`;
}
