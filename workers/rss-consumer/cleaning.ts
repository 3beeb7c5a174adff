// One raw document: read it, publish all its items at once, and return when every one is confirmed.
import { createHash } from 'node:crypto';
import type { JsMsg } from 'nats';
import type { Counter, Registry } from 'prom-client';
import type { IdentityRule } from '../contract/definition.ts';
import { NEWS_ITEM, type NewsItem, RAW_DOCUMENT, type RawDocument } from '../contract/messages.ts';
import { METRICS } from '../contract/metrics.ts';
import { HEADER, NEWS_RECEIVED, SOURCES_STREAM } from '../contract/subjects.ts';
import { PoisonError, reasonOf } from '../runtime/errors.ts';
import { countFeedItems } from '../runtime/feed-items.ts';
import type { Logger } from '../runtime/log.ts';
import { readMessage } from '../runtime/message.ts';
import { tracePublish, traceWork } from '../runtime/message-spans.ts';
import { counter } from '../runtime/metrics.ts';
import type { Publisher } from '../runtime/publisher.ts';
import type { Spans } from '../runtime/spans.ts';
import { newTrace, type Trace, traceHeaders, traceOf } from '../runtime/trace.ts';
import { type ReadResult, readFeed, UnreadableDocumentError } from './document.ts';

/** What cleaning works with. */
export interface CleaningTools {
  readonly source: string;
  readonly identity: IdentityRule;
  readonly publisher: Publisher;
  readonly log: Logger;
  readonly registry: Registry;
  /** @default nobody collects traces */
  readonly spans?: Spans | undefined;
  /** Aborts when work in hand is to be given up. */
  readonly signal: AbortSignal;
}

/** What items say of the document that they come from. */
interface Origin {
  readonly feed: string;
  /** ISO 8601. */
  readonly fetchedAt: string;
  readonly trace: Trace;
}

/** Items of one document on their way at once: as many as a publisher lets through. */
const ITEMS_IN_FLIGHT = 1_000;

/** Cleans the raw documents of one source. */
export class Cleaning {
  readonly #tools: CleaningTools;
  readonly #documents: Counter<'source' | 'reader'>;
  readonly #items: Counter<'source' | 'outcome'>;
  readonly #countFeedItems;

  constructor(tools: CleaningTools) {
    this.#tools = tools;
    this.#documents = counter(tools.registry, METRICS.documents);
    this.#items = counter(tools.registry, METRICS.items);
    this.#countFeedItems = countFeedItems(tools.registry, tools.source);
  }

  /**
   * Publishes a document's items.
   * @throws {PoisonError} when the document can't be read, or, once all others are published, when an item is refused
   */
  clean(message: JsMsg): Promise<void> {
    const { spans } = this.#tools;
    return spans
      ? traceWork(spans, message, (step) => this.#clean(message, step))
      : this.#clean(message, traceOf(message) ?? newTrace());
  }

  async #clean(message: JsMsg, trace: Trace): Promise<void> {
    const { source, log } = this.#tools;
    const raw = readMessage<RawDocument>(RAW_DOCUMENT, message);
    const feed = message.headers?.get(HEADER.feed) ?? '';
    const { items, reader, skipped } = await this.#readFeed(message, raw);
    const refusals = await this.#publishAll(items, { feed, fetchedAt: raw.timestamp, trace });
    // Only now: a document whose publishing ended early comes again, and is counted then.
    this.#documents.inc({ source, reader });
    this.#items.inc({ source, outcome: 'skipped' }, skipped);
    this.#countFeedItems(feed, items.length);
    const place = { source, feed, stream: SOURCES_STREAM, sequence: message.seq };
    log.info({ ...place, items: items.length, skipped, reader, traceId: trace.traceId }, 'read');
    if (refusals.length > 0) {
      this.#items.inc({ source, outcome: 'refused' }, refusals.length);
      throw new PoisonError(
        `${refusals.length} of ${items.length} items were refused, the first: ${reasonOf(refusals[0])}`,
        { death: 'unpublishable' },
      );
    }
  }

  /**
   * Publishes items without waiting for each other, as many at once as the publisher lets through: a document of a hundred
   * thousand is neither encoded in one go nor held twice.
   * @returns why items were refused for good, each
   * @throws what ended the publishing early, once nothing is on its way any more; what is published already is dropped as a
   * duplicate when the document comes again
   */
  async #publishAll(items: readonly NewsItem[], origin: Origin): Promise<PoisonError[]> {
    const refusals: PoisonError[] = [];
    const left = items.values();
    const publishLeft = async (): Promise<void> => {
      for (const item of left) {
        try {
          await this.#publish(item, origin);
        } catch (error) {
          if (!(error instanceof PoisonError)) throw error;
          refusals.push(error);
        }
      }
    };
    const lanes = Array.from({ length: Math.min(items.length, ITEMS_IN_FLIGHT) }, publishLeft);
    for (const result of await Promise.allSettled(lanes)) if (result.status === 'rejected') throw result.reason;
    return refusals;
  }

  async #readFeed(message: JsMsg, { data }: RawDocument): Promise<ReadResult> {
    const { source, identity } = this.#tools;
    try {
      return await readFeed({
        data,
        contentType: message.headers?.get(HEADER.contentType) || null,
        url: message.headers?.get(HEADER.url) ?? '',
        source,
        identity,
      });
    } catch (error) {
      throw error instanceof UnreadableDocumentError ? new PoisonError(error.message) : error;
    }
  }

  async #publish(item: NewsItem, { feed, fetchedAt, trace }: Origin): Promise<void> {
    const { source, publisher, spans, signal } = this.#tools;
    const publication = {
      subject: NEWS_RECEIVED,
      type: NEWS_ITEM,
      body: item,
      messageId: createHash('sha256').update(JSON.stringify(item)).digest('hex').slice(0, 32),
      headers: { [HEADER.feed]: feed, [HEADER.fetched]: fetchedAt, ...traceHeaders(trace) },
    };
    const { duplicate } = await tracePublish(spans, publisher, publication, trace, signal);
    this.#items.inc({ source, outcome: duplicate ? 'repeated' : 'published' });
  }
}
