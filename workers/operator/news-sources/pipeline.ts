// What a source has in JetStream: its consumers, the schedules of its feeds, what is left to work off, what is known of its feeds.
import type { JetStreamManager, NatsConnection } from 'nats';
import type { FeedState } from '../../contract/feed-state.ts';
import { consumerName, exporterName } from '../../contract/roles.ts';
import * as subjects from '../../contract/subjects.ts';
import type { Topology } from '../../contract/topology.ts';
import { messagesFrom } from '../../runtime/direct-get.ts';
import { planFeeds } from '../../runtime/feed-plan.ts';
import type { Logger } from '../../runtime/log.ts';
import { MESSAGE_NOT_FOUND, NO_CONSUMER, STREAM_NOT_FOUND, unlessMissing } from '../../runtime/missing.ts';
import type { Publisher } from '../../runtime/publisher.ts';
import { readStoredFeed } from '../../runtime/stored-feed.ts';
import { type Change, planStreams } from '../../runtime/stream-plan.ts';
import { readConsumerLag } from '../scaling/consumer-lag.ts';
import { lagOf } from '../scaling/reading.ts';
import type { Backlog } from './retirement.ts';

export interface PipelineOptions {
  /** Of the operator's identity; asked each time, and throws while there is none. */
  readonly connected: () => { readonly connection: NatsConnection; readonly publisher: Publisher };
  readonly log: Logger;
}

/** Patience with one answer: what is not answered is asked again soon. */
const ANSWER_TIMEOUT_MS = 2_000;
const BATCH = 500;

/** All methods throw when JetStream does not answer, or refuses; everything may be done again. */
export class Pipeline {
  readonly #options: PipelineOptions;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Makes the streams and consumers that NewsSources call for; those of the definition are the bootstrap's. */
  async provision(declared: Pick<Topology, 'streams' | 'consumers'>): Promise<void> {
    await this.#apply(await planStreams(await this.#jetStream(), declared));
  }

  /**
   * Gives every feed of some sources a schedule, and takes away those of feeds that are declared no more.
   * @param sources whose feeds these are; feeds of others are left alone
   */
  async schedule(
    sources: readonly string[],
    { feeds, feedStateKeys }: Pick<Topology, 'feeds' | 'feedStateKeys'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { connection, publisher } = this.#options.connected();
    const manager = await this.#jetStream();
    const mine = new Set(sources);
    const declared = {
      feeds: feeds.filter(({ source }) => mine.has(source)),
      feedStateKeys: feedStateKeys.filter((key) => mine.has(key.split('.')[0] as string)),
    };
    await this.#apply(
      await planFeeds({ connection, manager, publisher }, declared, signal, (source) => mine.has(source)),
    );
  }

  /** How many schedules and due polls a source has. */
  async countPolls(source: string): Promise<number> {
    const manager = await this.#jetStream();
    const { state } = await manager.streams.info(subjects.FEEDS_STREAM, { subjects_filter: `FEEDS.*.${source}.*` });
    return Object.keys(state.subjects ?? {}).length;
  }

  /** Removes them. Due polls first: without its own, an exporter that is at work on a feed can't schedule it again. */
  async removePolls(source: string): Promise<void> {
    const manager = await this.#jetStream();
    for (const filter of [subjects.dueSubject(source, '*'), subjects.scheduleSubject(source, '*')]) {
      await manager.streams.purge(subjects.FEEDS_STREAM, { filter });
    }
  }

  /**
   * What the consumer of a source has not worked off. Unknown, too, while it has not heard of the last document: the leader of
   * a consumer hears of it a little after the stream's, or much later on a server that is behind.
   */
  async backlog(source: string): Promise<Backlog> {
    const { connection } = this.#options.connected();
    const reading = await readConsumerLag({
      connection,
      stream: subjects.SOURCES_STREAM,
      consumer: consumerName(source),
    });
    if (reading.status === 'unknown') {
      return reading.cause === 'missing' ? { status: 'missing' } : { status: 'unknown', reason: reading.reason };
    }
    const messages = lagOf(reading);
    if (messages > 0 || (await this.#lastDocument(source)) <= reading.deliveredSequence) {
      return { status: 'known', messages };
    }
    return { status: 'unknown', reason: 'it has not heard of the last document yet' };
  }

  /** How many documents of a source the stream holds, whatever became of them. */
  async countDocuments(source: string): Promise<number> {
    const subject = subjects.sourceSubject(source);
    const manager = await this.#jetStream();
    const { state } = await manager.streams.info(subjects.SOURCES_STREAM, { subjects_filter: subject });
    return state.subjects?.[subject] ?? 0;
  }

  /** How many consumers a source has. */
  async countConsumers(source: string): Promise<number> {
    const manager = await this.#jetStream();
    const found = await Promise.all(
      consumersOf(source).map(({ stream, name }) =>
        unlessMissing(NO_CONSUMER, () => manager.consumers.info(stream, name)),
      ),
    );
    return found.filter((info) => info !== undefined).length;
  }

  /** Deletes the consumers of a source that has nothing left to work off, and what was known of its feeds. */
  async forget(source: string): Promise<void> {
    const manager = await this.#jetStream();
    for (const { stream, name } of consumersOf(source)) {
      await unlessMissing(NO_CONSUMER, () => manager.consumers.delete(stream, name));
    }
    const filter = subjects.bucketSubject(subjects.FEEDS_BUCKET, subjects.feedStateKey(source, '*'));
    await manager.streams.purge(subjects.bucketStream(subjects.FEEDS_BUCKET), { filter });
  }

  /** What is known of the feeds of a source. */
  async feedStates(source: string): Promise<FeedState[]> {
    const stream = subjects.bucketStream(subjects.FEEDS_BUCKET);
    const filter = subjects.bucketSubject(subjects.FEEDS_BUCKET, subjects.feedStateKey(source, '*'));
    const states: FeedState[] = [];
    for (let sequence = 1; ; ) {
      const query = { sequence, subjects: filter, max: BATCH };
      const messages = await messagesFrom(this.#options.connected().connection, stream, query);
      for (const message of messages) {
        const stored = readStoredFeed(message);
        if (stored.kind === 'state') states.push(stored.state);
      }
      const last = messages.at(-1);
      if (!last || last.headers.get('Nats-Num-Pending') === '0') return states;
      sequence = last.sequence + 1;
    }
  }

  /** The sequence of the last document of a source, as the stream's leader has it; 0 without any. */
  async #lastDocument(source: string): Promise<number> {
    const manager = await this.#jetStream();
    const query = { last_by_subj: subjects.sourceSubject(source) };
    const document = await unlessMissing([MESSAGE_NOT_FOUND, STREAM_NOT_FOUND], () =>
      manager.streams.getMessage(subjects.SOURCES_STREAM, query),
    );
    return document?.seq ?? 0;
  }

  async #apply(changes: readonly Change[]): Promise<void> {
    for (const { description, apply } of changes) {
      await apply();
      this.#options.log.info(description);
    }
  }

  async #jetStream(): Promise<JetStreamManager> {
    const { connection } = this.#options.connected();
    return connection.jetstreamManager({ checkAPI: false, timeout: ANSWER_TIMEOUT_MS });
  }
}

const consumersOf = (source: string): { readonly stream: string; readonly name: string }[] => [
  { stream: subjects.FEEDS_STREAM, name: exporterName(source) },
  { stream: subjects.SOURCES_STREAM, name: consumerName(source) },
];
