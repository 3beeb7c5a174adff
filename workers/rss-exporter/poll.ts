// One due poll: fetch the feed, publish what is new, remember what was learnt, schedule the next poll.
import { createHash } from 'node:crypto';
import type { Counter, Histogram, Registry } from 'prom-client';
import { FEED_POLL, type FeedPoll, RAW_DOCUMENT, type RawDocument } from '../contract/messages.ts';
import { METRICS } from '../contract/metrics.ts';
import { dueSubject, HEADER, SOURCES_STREAM, scheduleSubject, sourceSubject } from '../contract/subjects.ts';
import type { Delivery } from '../runtime/delivery.ts';
import { PoisonError, reasonOf, StoppingError, SupersededError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { readMessage } from '../runtime/message.ts';
import { beginWork, tracePublish } from '../runtime/message-spans.ts';
import { counter, durations } from '../runtime/metrics.ts';
import type { Confirmation, Publication, Publisher } from '../runtime/publisher.ts';
import { pollAt, SCHEDULER_HEADER } from '../runtime/schedule.ts';
import type { Span, Spans } from '../runtime/spans.ts';
import { newTrace, type Trace, traceHeaders } from '../runtime/trace.ts';
import type { FeedStates, StoredFeedState } from './feed-states.ts';
import type { Fetcher } from './fetch.ts';
import type { FetchOutcome, FetchRequest } from './fetch-outcome.ts';
import { type PollResult, planFetch, recordOutcome } from './state.ts';

/** What polling works with. */
export interface PollTools {
  readonly source: string;
  readonly fetcher: Pick<Fetcher, 'fetch'>;
  readonly states: FeedStates;
  readonly publisher: Publisher;
  readonly log: Logger;
  readonly registry: Registry;
  /** @default nobody collects traces */
  readonly spans?: Spans | undefined;
  /** Aborts when work in hand is to be given up. */
  readonly signal: AbortSignal;
}

type Document = NonNullable<PollResult['publish']>;

/** A fetch, and what it came to. */
interface Fetched {
  readonly outcome: FetchOutcome;
  readonly endedAt: Date;
  readonly durationMs: number;
  /** Begins here, and goes on with every item that was in the document. */
  readonly trace: Trace;
  /** Undefined where nobody collects traces. */
  readonly span: Span | undefined;
}

/** Polls the feeds of one source. */
export class Polling {
  readonly #tools: PollTools;
  readonly #polls: Counter<'source' | 'outcome'>;
  readonly #duration: Histogram<'source'>;

  constructor(tools: PollTools) {
    this.#tools = tools;
    this.#polls = counter(tools.registry, METRICS.polls);
    this.#duration = durations(tools.registry, METRICS.fetchDuration);
  }

  /**
   * Does what a due poll asks for. The order makes it safe to end anywhere: the document is durable before the state says
   * that it was published, and the next poll is scheduled before this one is acknowledged.
   * @throws {PoisonError} when the poll is not one of this source's
   * @throws {StoppingError} when the signal aborts first; the poll is then as good as not begun
   */
  async poll(delivery: Delivery): Promise<void> {
    const { spans, source } = this.#tools;
    const work = spans && beginWork(spans, delivery.message, dueSubject(source, '*'));
    try {
      const notable = await this.#poll(delivery, work);
      if (notable) work?.end();
    } catch (error) {
      work?.fail(error);
      work?.end();
      throw error;
    }
  }

  /** @returns whether something came of it: see `#say` */
  async #poll(delivery: Delivery, work: Span | undefined): Promise<boolean> {
    const poll = await this.#read(delivery);
    const { states, signal } = this.#tools;
    const known = await states.get(poll, signal);
    // A poll done by a process that ended before it could say so: only its end is left to do.
    if (known?.dueSequence === delivery.sequence && known.url === poll.url) {
      await this.#schedule(poll, known.nextPollAt, delivery);
      return false;
    }
    const request = planFetch(known, poll);
    if (!request) return false;
    work?.set({ 'newsjet.feed': poll.feed });
    const { state, notable } = await this.#conclude(known, poll, await this.#fetch(request, work));
    await states.put(poll, { ...state, dueSequence: delivery.sequence, everyMs: poll.everyMs }, signal);
    await this.#schedule(poll, state.nextPollAt, delivery);
    return notable;
  }

  async #read(delivery: Delivery): Promise<FeedPoll> {
    const { message } = delivery;
    const poll = readMessage<FeedPoll>(FEED_POLL, message);
    // Any exporter may schedule into the stream, but only on subjects of its own: those who use another's are found out.
    const scheduler = message.headers?.get(SCHEDULER_HEADER);
    if (poll.source !== this.#tools.source || scheduler !== scheduleSubject(poll.source, poll.feed)) {
      await this.#restoreSchedule(delivery);
      throw new PoisonError(
        `the poll of ${poll.source}.${poll.feed} was scheduled by ${scheduler || 'nobody'}, which may not do that here`,
      );
    }
    return poll;
  }

  async #fetch(request: FetchRequest, work: Span | undefined): Promise<Fetched> {
    const { fetcher, source, spans, signal } = this.#tools;
    const span = work && spans && beginFetch(spans, request, work);
    const startedAt = performance.now();
    const end = this.#duration.startTimer({ source });
    try {
      const outcome = await fetcher.fetch(request, signal);
      const durationMs = Math.round(performance.now() - startedAt);
      return { outcome, endedAt: new Date(), durationMs, trace: work?.step ?? newTrace(), span };
    } catch (error) {
      throw signal.aborted ? new StoppingError() : error;
    } finally {
      end();
    }
  }

  /** Publishes what is new and says what the poll came to. A document that can't be published is a failed poll. */
  async #conclude(
    known: StoredFeedState | null,
    poll: FeedPoll,
    fetched: Fetched,
  ): Promise<PollResult & { readonly notable: boolean }> {
    const { source, publisher, spans, signal } = this.#tools;
    let { outcome } = fetched;
    let confirmation: Confirmation | undefined;
    let result = recordOutcome(known, poll, outcome, new Date(), Math.random());
    if (fetched.span && (result.publish || 'reason' in outcome)) endFetch(fetched.span, outcome);
    if (result.publish) {
      try {
        const document = publication(poll, result.publish, result.state.bodyHash, fetched);
        confirmation = await tracePublish(spans, publisher, document, fetched.trace, signal);
      } catch (error) {
        if (!(error instanceof PoisonError)) throw error;
        outcome = { kind: 'failed', reason: reasonOf(error) };
        result = recordOutcome(known, poll, outcome, new Date(), Math.random());
      }
    }
    const repeated = outcome.kind === 'document' && !result.publish;
    this.#polls.inc({ source, outcome: repeated ? 'unchanged' : outcome.kind });
    const notable = this.#say(poll, { ...fetched, outcome }, result, confirmation);
    return { ...result, notable };
  }

  /**
   * A line for each document that goes on its way; of polls that bring nothing new there may be thousands a second.
   * @returns whether this poll is not one of those
   */
  #say(poll: FeedPoll, fetched: Fetched, { state }: PollResult, confirmation: Confirmation | undefined): boolean {
    const { log } = this.#tools;
    const { source, feed } = poll;
    const { outcome, durationMs, trace } = fetched;
    const { failures, nextPollAt } = state;
    const line = { source, feed, durationMs, nextPollAt, traceId: trace.traceId };
    if ('reason' in outcome) {
      log.warn({ ...line, failures, reason: outcome.reason }, 'poll failed');
    } else if (outcome.kind === 'document' && confirmation) {
      const bytes = Buffer.byteLength(outcome.body);
      const { sequence, duplicate } = confirmation;
      log.info({ ...line, status: outcome.status, bytes, stream: SOURCES_STREAM, sequence, duplicate }, 'fetched');
    } else {
      log.debug({ ...line, outcome: outcome.kind }, 'nothing new');
      return false;
    }
    return true;
  }

  /** A poll that is not ours took the place of the one that was due: what is known of the feed says how to go on. */
  async #restoreSchedule(delivery: Delivery): Promise<void> {
    const { source, states, signal } = this.#tools;
    const feed = delivery.message.subject.split('.').at(-1) as string;
    const known = await states.get({ source, feed }, signal);
    if (!known) return;
    await this.#schedule({ source, feed, url: known.url, everyMs: known.everyMs }, known.nextPollAt, delivery);
  }

  /** Schedules the next poll, unless the feed has been scheduled anew, or removed, while this one was under way. */
  async #schedule(poll: FeedPoll, at: string | null, { sequence }: Delivery): Promise<void> {
    const { publisher, log, signal } = this.#tools;
    if (at === null) return;
    try {
      await publisher.publish(pollAt(poll, new Date(at), sequence), signal);
    } catch (error) {
      if (!(error instanceof SupersededError)) throw error;
      log.info({ source: poll.source, feed: poll.feed }, 'the feed was changed or removed meanwhile, not scheduled');
    }
  }
}

function beginFetch(spans: Spans, { url }: FetchRequest, { step }: Span): Span {
  return spans.begin({
    name: 'GET',
    kind: 'client',
    parent: { trace: step, remote: false },
    // Not the whole address: some carry a key in their query. A built-in feed has no host.
    attributes: { 'http.request.method': 'GET', 'server.address': new URL(url).hostname || 'newsroom' },
  });
}

function endFetch(span: Span, outcome: FetchOutcome): void {
  if ('status' in outcome) span.set({ 'http.response.status_code': outcome.status });
  if ('reason' in outcome) span.fail(outcome.reason);
  span.end();
}

/** A document as published; its id is that of the feed, its address and the body, so that a repeated poll adds nothing. */
function publication(
  poll: FeedPoll,
  document: Document,
  bodyHash: string | null,
  { endedAt, trace }: Fetched,
): Publication {
  const body: RawDocument = { data: document.data, timestamp: endedAt.toISOString() };
  const key = `${poll.source}.${poll.feed} ${poll.url} ${bodyHash}`;
  return {
    subject: sourceSubject(poll.source),
    type: RAW_DOCUMENT,
    body,
    messageId: createHash('sha256').update(key).digest('hex').slice(0, 32),
    headers: {
      [HEADER.feed]: poll.feed,
      [HEADER.url]: document.url,
      ...traceHeaders(trace),
      ...(document.contentType === null ? {} : { [HEADER.contentType]: document.contentType }),
    },
  };
}
