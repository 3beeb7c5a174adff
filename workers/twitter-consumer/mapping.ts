// One raw post: read it, publish the news item that it is, and return when that is confirmed.
import { createHash } from 'node:crypto';
import type { JsMsg } from 'nats';
import type { Counter, Registry } from 'prom-client';
import type { IdentityRule } from '../contract/definition.ts';
import { NEWS_ITEM, RAW_DOCUMENT, type RawDocument } from '../contract/messages.ts';
import { METRICS } from '../contract/metrics.ts';
import { HEADER, NEWS_RECEIVED, SOURCES_STREAM } from '../contract/subjects.ts';
import { countFeedItems } from '../runtime/feed-items.ts';
import type { Logger } from '../runtime/log.ts';
import { readMessage } from '../runtime/message.ts';
import { tracePublish, traceWork } from '../runtime/message-spans.ts';
import { counter } from '../runtime/metrics.ts';
import type { Publisher } from '../runtime/publisher.ts';
import type { Spans } from '../runtime/spans.ts';
import { newTrace, type Trace, traceHeaders, traceOf } from '../runtime/trace.ts';
import { toItem } from './item.ts';
import { readPost } from './post.ts';

/** What mapping works with. */
export interface MappingTools {
  readonly source: string;
  readonly identity: IdentityRule;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly log: Logger;
  readonly registry: Registry;
  /** @default nobody collects traces */
  readonly spans?: Spans | undefined;
  /** Aborts when work in hand is to be given up. */
  readonly signal: AbortSignal;
}

/** Maps the raw posts of one source. */
export class Mapping {
  readonly #tools: MappingTools;
  readonly #items: Counter<'source' | 'outcome'>;
  readonly #countFeedItems;

  constructor(tools: MappingTools) {
    this.#tools = tools;
    this.#items = counter(tools.registry, METRICS.items);
    this.#countFeedItems = countFeedItems(tools.registry, tools.source);
  }

  /** @throws {PoisonError} when it is no post */
  map(message: JsMsg): Promise<void> {
    const { spans } = this.#tools;
    return spans
      ? traceWork(spans, message, (step) => this.#map(message, step))
      : this.#map(message, traceOf(message) ?? newTrace());
  }

  async #map(message: JsMsg, trace: Trace): Promise<void> {
    const { source, identity, publisher, log, spans, signal } = this.#tools;
    const { data, timestamp } = readMessage<RawDocument>(RAW_DOCUMENT, message);
    const feed = message.headers?.get(HEADER.feed) ?? '';
    const post = readPost(data);
    const item = toItem(post, { source, identity });
    const publication = {
      subject: NEWS_RECEIVED,
      type: NEWS_ITEM,
      body: item,
      messageId: createHash('sha256').update(JSON.stringify(item)).digest('hex').slice(0, 32),
      headers: { [HEADER.feed]: feed, [HEADER.fetched]: timestamp, ...traceHeaders(trace) },
    };
    const { duplicate } = await tracePublish(spans, publisher, publication, trace, signal);
    this.#items.inc({ source, outcome: duplicate ? 'repeated' : 'published' });
    this.#countFeedItems(feed, 1);
    const place = { source, feed, stream: SOURCES_STREAM, sequence: message.seq };
    // A post is one item, and there may be thousands of them a second.
    log.debug({ ...place, items: 1, post: post.id, traceId: trace.traceId }, 'read');
  }
}
