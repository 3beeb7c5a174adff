// Posts from the API to SOURCES.<source>: each once, under the id that all its versions share, and counted.
import { createHash } from 'node:crypto';
import type { Counter, Registry } from 'prom-client';
import { RAW_DOCUMENT, type RawDocument } from '../contract/messages.ts';
import { METRICS } from '../contract/metrics.ts';
import { HEADER, SOURCES_STREAM, STREAM_FEED, sourceSubject } from '../contract/subjects.ts';
import { reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { tracePublish } from '../runtime/message-spans.ts';
import { counter } from '../runtime/metrics.ts';
import type { Publisher } from '../runtime/publisher.ts';
import type { Spans } from '../runtime/spans.ts';
import { formatTraceparent, newTrace } from '../runtime/trace.ts';
import { Outbox, type OutboxOptions, type Outgoing } from './outbox.ts';
import { isWanted, type RuleOutcome } from './rules.ts';
import type { Post, StreamObject } from './stream-object.ts';

/** What is counted; made once for a process. */
export interface FollowCounters {
  readonly posts: Counter<'source' | 'origin' | 'outcome'>;
  readonly connections: Counter<'source' | 'reason'>;
}

export const followCounters = (registry: Registry): FollowCounters => ({
  posts: counter(registry, METRICS.streamPosts),
  connections: counter(registry, METRICS.streamConnections),
});

/** What the flow works with. */
export interface PostFlowTools {
  readonly source: string;
  /** Address of the stream, as it is told to the consumer. */
  readonly url: string;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly counters: FollowCounters;
  readonly log: Logger;
  /** @default nobody collects traces */
  readonly spans?: Spans | undefined;
  /** Aborts when what is in hand is to be given up. */
  readonly abandoning: AbortSignal;
  readonly limits?: Pick<OutboxOptions, 'maxPosts' | 'maxCharacters' | 'concurrency'>;
}

/** What is neither a post nor a word about the stream is published too: its consumer says in the DLQ what is wrong with it. */
type Publishable = Exclude<StreamObject, { readonly kind: 'problem' }>;

export class PostFlow {
  readonly #tools: PostFlowTools;
  readonly #outbox: Outbox;

  /** @param durableId the newest post of which it is known that it is durable, with all before it */
  constructor(tools: PostFlowTools, durableId: string | null, onDurable: () => void) {
    this.#tools = tools;
    tools.counters.posts.inc({ source: tools.source, origin: 'stream', outcome: 'published' }, 0);
    this.#outbox = new Outbox(durableId, {
      ...tools.limits,
      publish: (outgoing) => this.#publish(outgoing),
      onRefused: (outgoing, error) => {
        this.#count(outgoing.origin, 'refused');
        tools.log.error(
          { source: tools.source, post: outgoing.id, reason: reasonOf(error) },
          'a post can’t be published, it is left out',
        );
      },
      onDurable,
    });
  }

  /** See {@link Outbox.durableId}. */
  get durableId(): string | null {
    return this.#outbox.durableId;
  }

  /** Posts that are not durable yet. */
  get size(): number {
    return this.#outbox.size;
  }

  /** Takes what the stream brought; false when there is no room. */
  offer(object: Publishable, rules: RuleOutcome): boolean {
    return this.#outbox.offer(this.#outgoing(object, rules, 'stream'));
  }

  /** Takes what the search found, as soon as it leaves room enough for the stream. */
  put(post: Post, rules: RuleOutcome): Promise<void> {
    return this.#outbox.put(this.#outgoing(post, rules, 'search'));
  }

  /** Returns when all that it has taken so far is durable. */
  flushed(): Promise<void> {
    return this.#outbox.flushed();
  }

  #outgoing(object: Publishable, rules: RuleOutcome, origin: Outgoing['origin']): Outgoing {
    const { source } = this.#tools;
    if (object.kind === 'unreadable') {
      const digest = createHash('sha256').update(object.data).digest('hex').slice(0, 32);
      return { id: null, data: object.data, messageId: `${source}.${digest}`, origin };
    }
    const { id, firstId, data } = object;
    // All versions of a post share the id of the first: what editing makes of it is no other post.
    const messageId = `${source}.${firstId}`;
    if (isWanted(object.matchingRules, source, rules)) return { id, data, messageId, origin };
    this.#count(origin, 'foreign');
    return { id, data: null, messageId, origin };
  }

  async #publish({ id, data, messageId, origin }: Outgoing & { readonly data: string }): Promise<void> {
    const { source, url, publisher, spans, log, abandoning } = this.#tools;
    const trace = newTrace();
    const body: RawDocument = { data, timestamp: new Date().toISOString() };
    const publication = {
      subject: sourceSubject(source),
      type: RAW_DOCUMENT,
      body,
      messageId,
      headers: {
        [HEADER.feed]: STREAM_FEED,
        [HEADER.url]: url,
        [HEADER.contentType]: 'application/json',
        [HEADER.traceparent]: formatTraceparent(trace),
      },
    };
    // A post is not fetched, it comes: its trace begins where it is published.
    const { duplicate, sequence } = await tracePublish(spans, publisher, publication, null, abandoning);
    this.#count(origin, duplicate ? 'duplicate' : 'published');
    // A post is one item, and there may be thousands of them a second.
    if (!log.isLevelEnabled('debug')) return;
    const place = { source, feed: STREAM_FEED, stream: SOURCES_STREAM, sequence };
    const bytes = Buffer.byteLength(data);
    log.debug({ ...place, post: id, origin, duplicate, bytes, traceId: trace.traceId }, 'fetched');
  }

  #count(origin: Outgoing['origin'], outcome: 'published' | 'duplicate' | 'foreign' | 'refused'): void {
    this.#tools.counters.posts.inc({ source: this.#tools.source, origin, outcome });
  }
}
