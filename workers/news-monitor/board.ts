// The state that the page shows: pure updates in, snapshots and a feed of changes out. No I/O.
import { isDeepStrictEqual } from 'node:util';
import type { FeedState } from '../contract/feed-state.ts';
import type { ProcessedNews } from '../contract/messages.ts';
import { clip } from './clip.ts';
import { type ConsumerReading, ConsumerRows, isUnknown } from './consumer-rows.ts';
import { HistoryKeeper } from './history.ts';
import { newsEntry } from './news-entry.ts';
import type { DeclaredSource } from './options.ts';
import { EventRate } from './rate.ts';
import type {
  BoardSnapshot,
  ConsumerRow,
  ConsumersEvent,
  DeadLetter,
  DlqView,
  FlowEvent,
  FlowStep,
  History,
  HistoryPoint,
  KnownConsumer,
  NewsEntry,
  NewsEvent,
  SourcesEvent,
  Totals,
  Unknown,
} from './snapshot.ts';
import { Sources } from './sources.ts';
import type { FoundSource } from './watched.ts';

/** News kept for the page. */
export const NEWS_KEPT = 200;
/** Consumers with series of their own in the history. */
export const CONSUMERS_IN_HISTORY = 100;
/** Dead letters kept for the page. */
export const DEAD_LETTERS_KEPT = 20;

/** What a change touched; the page is told by an event of the same name. */
export type ChangeKind = 'news' | 'consumers' | 'sources' | 'flow' | 'dlq' | 'point';

export interface BoardOptions {
  /** The pipeline's name in the page's header. @default Newsjet */
  readonly pipeline?: string;
  /** Which database it is, for people. @default the empty string, which shows nothing */
  readonly database?: string;
  /** @default now */
  readonly startedAt?: Date;
  /** Sources known beforehand, shown before their first poll, with how many feeds each declares. */
  readonly sources?: readonly DeclaredSource[];
  /** The workers in the order of the flow, until `recordFlow`. @default none */
  readonly flow?: readonly FlowStep[];
  /** Whether stored news are answered here. @default false */
  readonly newsApi?: boolean;
  /** The command that puts a dead letter back, `{sequence}` in it. @default the empty string, which shows none */
  readonly replayCommand?: string;
}

function median(values: number[]): number | null {
  values.sort((a, b) => a - b);
  return values[values.length >> 1] ?? null;
}

/** The board: everything that the page shows, bounded in memory whatever goes through the pipeline. */
export class Board {
  /** Names this life of the monitor, so that a page can tell a restart from a gap. */
  readonly epoch: string;
  readonly #pipeline: string;
  readonly #startedAt: Date;
  #flow: readonly FlowStep[];
  readonly #newsApi: boolean;
  readonly #replayCommand: string;
  #database: string;
  #seq = 0;
  /** Oldest first, the last has the sequence `#seq`. */
  readonly #news: NewsEntry[] = [];
  readonly #newsRate = new EventRate();
  readonly #processedBySource = new Map<string, number>();
  readonly #rows = new ConsumerRows();
  #consumers: readonly ConsumerRow[] = [];
  #readAt: Date | null = null;
  #replicas: ConsumersEvent['replicas'] = { unknown: 'not read yet' };
  readonly #sources: Sources;
  #dlq: DlqView = { total: { unknown: 'not read yet' }, latest: [] };
  readonly #history = new HistoryKeeper();
  /** Where the last point of the history was taken. */
  #counted: { readonly seq: number; readonly atMs: number };
  readonly #listeners = new Set<(kind: ChangeKind) => void>();

  constructor(options: BoardOptions = {}) {
    this.#pipeline = options.pipeline ?? 'Newsjet';
    this.#database = options.database ?? '';
    this.#startedAt = options.startedAt ?? new Date();
    this.#flow = options.flow ?? [];
    this.#newsApi = options.newsApi ?? false;
    this.#replayCommand = options.replayCommand ?? '';
    this.#counted = { seq: 0, atMs: this.#startedAt.getTime() };
    this.epoch = this.#startedAt.getTime().toString(36);
    this.#sources = new Sources(options.sources ?? []);
  }

  /** Sequence of the newest item, 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /**
   * Adds an item that has just been processed.
   * @param latencyMs from received to processed, null when not known
   */
  recordNews(item: ProcessedNews, at: Date, latencyMs: number | null): void {
    this.#seq += 1;
    this.#news.push(newsEntry(item, { seq: this.#seq, at, latencyMs }));
    if (this.#news.length > NEWS_KEPT) this.#news.shift();
    this.#newsRate.record(at.getTime());
    this.#processedBySource.set(item.source, (this.#processedBySource.get(item.source) ?? 0) + 1);
    this.#changed('news');
  }

  /** Replaces the consumers by these readings, in the order given; one that could not be read says why. */
  recordConsumers(readings: readonly ConsumerReading[], at: Date): void {
    this.#consumers = this.#rows.update(readings, at);
    this.#readAt = at;
    this.#changed('consumers');
  }

  /** Takes in the state of some feeds, new or changed; the others stay as they are. */
  recordFeeds(states: readonly FeedState[]): void {
    if (states.length === 0) return;
    this.#sources.record(states);
    this.#changed('sources');
  }

  /** Forgets a feed whose state was deleted. */
  removeFeed(source: string, feed: string): void {
    if (this.#sources.remove(source, feed)) this.#changed('sources');
  }

  /** Replaces the flow, where it is another. */
  recordFlow(flow: readonly FlowStep[]): void {
    if (isDeepStrictEqual(flow, this.#flow)) return;
    this.#flow = flow;
    this.#changed('flow');
  }

  /**
   * Replaces what is known of the dead letters.
   * @param total how many there are, or why that could not be read
   * @param latest newest first; the first {@link DEAD_LETTERS_KEPT} are kept
   */
  recordDlq(total: number | Unknown, latest: readonly DeadLetter[]): void {
    const kept = latest.slice(0, DEAD_LETTERS_KEPT);
    const shorten = (letter: DeadLetter): DeadLetter => ({
      ...letter,
      stream: clip(letter.stream, 100),
      consumer: clip(letter.consumer, 100),
      reason: clip(letter.reason, 300),
    });
    this.#dlq = { total, latest: kept.map(shorten) };
    this.#changed('dlq');
  }

  /** Replaces the connections by worker, or says why they could not be read. */
  recordReplicas(replicas: ConsumersEvent['replicas']): void {
    this.#replicas = replicas;
    this.#changed('consumers');
  }

  /** Adds what is known now to the history. */
  recordPoint(at: Date): void {
    const seconds = (at.getTime() - this.#counted.atMs) / 1_000;
    const known = this.#consumers.filter((row): row is KnownConsumer => !isUnknown(row));
    const isWhole = this.#consumers.length > 0 && known.length === this.#consumers.length;
    const { total } = this.#dlq;
    const own = this.#consumers.slice(-CONSUMERS_IN_HISTORY).flatMap((row) => [
      [`lag:${row.consumer}`, isUnknown(row) ? null : row.lag],
      [`rate:${row.consumer}`, isUnknown(row) ? null : row.perSecond],
    ]);
    this.#history.record(at, {
      processedPerSecond: seconds > 0 ? (this.#seq - this.#counted.seq) / seconds : null,
      medianLatencyMs: this.totals(at).medianLatencyMs,
      lag: isWhole ? known.reduce((sum, { lag }) => sum + lag, 0) : null,
      deadLetters: typeof total === 'number' ? total : null,
      ...Object.fromEntries(own),
    });
    this.#counted = { seq: this.#seq, atMs: at.getTime() };
    this.#changed('point');
  }

  /** Says which database it is, for people. */
  recordDatabase(description: string): void {
    this.#database = description;
    this.#changed('consumers');
  }

  /**
   * Calls `listener` after each change, synchronously; it reads what it wants from the board.
   * @returns a function that ends it
   */
  subscribe(listener: (kind: ChangeKind) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What event `news` says: the items after `seq`, at most `limit` of the newest. */
  newsAfter(seq: number, limit: number, now = new Date()): NewsEvent {
    const fresh = Math.max(0, this.#seq - seq);
    const items = fresh === 0 ? [] : this.#news.slice(-Math.min(fresh, limit)).reverse();
    return { items, skipped: fresh - items.length, totals: this.totals(now) };
  }

  /** What event `consumers` says. */
  consumers(now = new Date()): ConsumersEvent {
    return {
      now: now.toISOString(),
      database: this.#database,
      readAt: this.#readAt?.toISOString() ?? null,
      consumers: this.#consumers,
      replicas: this.#replicas,
      totals: this.totals(now),
    };
  }

  /** What event `sources` says, by name. */
  sources(): SourcesEvent {
    return this.#sources.summarise();
  }

  /** Sources that were not told beforehand, by name. */
  foundSources(): FoundSource[] {
    return this.#sources.found();
  }

  /** What event `flow` says. */
  flow(): FlowEvent {
    return { flow: this.#flow };
  }

  /** What event `dlq` says. */
  dlq(): DlqView {
    return this.#dlq;
  }

  /** What event `point` says: the latest of the history, nothing before the first. */
  point(): HistoryPoint | null {
    return this.#history.latest ?? null;
  }

  /** The last hour. */
  history(): History {
    return this.#history.view();
  }

  /** States of feeds, at most `limit`: of all sources, those that fail first. */
  feedStates(limit: number): FeedState[] {
    return this.#sources.states(limit);
  }

  totals(now = new Date()): Totals {
    const latencies = this.#news.map(({ latencyMs }) => latencyMs).filter((latency) => latency !== null);
    return {
      processed: this.#seq,
      bySource: Object.fromEntries(this.#processedBySource),
      perSecond: this.#newsRate.perSecond(now.getTime()),
      medianLatencyMs: median(latencies),
    };
  }

  /** Everything at once, for a page that has just been opened. */
  snapshot(now = new Date()): BoardSnapshot {
    return {
      epoch: this.epoch,
      seq: this.#seq,
      pipeline: this.#pipeline,
      startedAt: this.#startedAt.toISOString(),
      ...this.flow(),
      newsApi: this.#newsApi,
      replayCommand: this.#replayCommand,
      news: [...this.#news].reverse(),
      dlq: this.#dlq,
      ...this.consumers(now),
      ...this.sources(),
    };
  }

  #changed(kind: ChangeKind): void {
    for (const listener of this.#listeners) listener(kind);
  }
}
