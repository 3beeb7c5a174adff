// What the monitor tells its page: the shapes of `/api/board` and of the live events. Types only, so that the page shares them.

/** Something that could not be read, and why. It is never shown as 0. */
export interface Unknown {
  readonly unknown: string;
}

/** A news item on the page. Texts are plain and shortened, times ISO 8601. */
export interface NewsEntry {
  /** Counts the news of this monitor's life from 1. */
  readonly seq: number;
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** An http or https address, or the empty string. */
  readonly link: string;
  readonly source: string;
  readonly author: string | null;
  /** BCP 47 tag. */
  readonly language: string | null;
  /** When its source published it. */
  readonly date: string | null;
  /** When the monitor saw it processed. */
  readonly at: string;
  /** From received to processed, in milliseconds. */
  readonly latencyMs: number | null;
}

/** What has gone through since the monitor started. */
export interface Totals {
  readonly processed: number;
  readonly bySource: Readonly<Record<string, number>>;
  /** News per second over the last ten seconds. */
  readonly perSecond: number;
  /** Median of the latest news that have a latency. */
  readonly medianLatencyMs: number | null;
}

export interface KnownConsumer {
  readonly stream: string;
  readonly consumer: string;
  /** Not delivered yet. */
  readonly pending: number;
  /** Delivered and not acknowledged yet. */
  readonly ackPending: number;
  readonly redelivered: number;
  /** `pending` and `ackPending` together. */
  readonly lag: number;
  /** Acknowledged per second; null until two readings can be compared. */
  readonly perSecond: number | null;
  /** Messages per second that came into its stream for it; null until two readings can be compared. */
  readonly arrivingPerSecond: number | null;
  /** Age of the oldest message that is not acknowledged, 0 when there is none; null when that could not be read. */
  readonly lagSeconds: number | null;
}

export interface UnknownConsumer extends Unknown {
  readonly stream: string;
  readonly consumer: string;
}

export type ConsumerRow = KnownConsumer | UnknownConsumer;

export interface FeedRow {
  readonly feed: string;
  readonly status: 'active' | 'failing' | 'gone';
  readonly failures: number;
  readonly lastPollAt: string | null;
  readonly nextPollAt: string | null;
  readonly lastError: string | null;
}

/** A source with its feeds added up. */
export interface SourceRow {
  readonly source: string;
  /** Feeds declared or known, whichever are more. */
  readonly total: number;
  readonly active: number;
  readonly failing: number;
  readonly gone: number;
  /** The latest poll of any feed. */
  readonly lastPollAt: string | null;
  /** The earliest poll due of any feed that is still polled. */
  readonly nextPollAt: string | null;
  readonly lastError: { readonly feed: string; readonly error: string; readonly at: string | null } | null;
  /** Failing first, then gone, then active; bounded, see `total` for how many there are. */
  readonly feeds: readonly FeedRow[];
}

/**
 * One worker's place in the flow. What it takes is in the consumer row `{ stream: takes, consumer: worker }`: `perSecond` is the
 * rate from the stream to it, `arrivingPerSecond` the rate from the workers before it to the stream.
 */
export interface FlowStep {
  readonly worker: string;
  readonly role: 'exporter' | 'consumer' | 'creator' | 'monitor';
  /** The source that it has to itself; null where it serves all. */
  readonly source: string | null;
  /** The stream that it works off; null for an exporter that follows X. */
  readonly takes: string | null;
  /** What it publishes, and the worker that takes that; null for the last one. */
  readonly gives: { readonly stream: string; readonly subject: string; readonly worker: string } | null;
}

/** A message that was put aside, and why. */
export interface DeadLetter {
  /** Sequence in the stream DLQ. */
  readonly sequenceInDlq: number;
  readonly stream: string;
  readonly consumer: string;
  /** Sequence in the stream that it came from. */
  readonly sequence: number;
  readonly deliveries: number;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
  /** Id of the trace that the message is part of, 32 hexadecimal digits; null when it has none. */
  readonly traceId: string | null;
}

export interface DlqView {
  readonly total: number | Unknown;
  /** Newest first. */
  readonly latest: readonly DeadLetter[];
}

/** Event `news`: what is new, newest first. */
export interface NewsEvent {
  readonly items: readonly NewsEntry[];
  /** New items left out because there were too many at once. */
  readonly skipped: number;
  readonly totals: Totals;
}

/** Event `consumers`, and the slow-moving rest with it. */
export interface ConsumersEvent {
  /** The monitor's clock, ISO 8601. */
  readonly now: string;
  readonly database: string;
  /** When the consumers were read; null before the first time. */
  readonly readAt: string | null;
  readonly consumers: readonly ConsumerRow[];
  /** Connections to NATS by worker: its replicas. A worker that is not named has none. */
  readonly replicas: Readonly<Record<string, number>> | Unknown;
  readonly totals: Totals;
}

/**
 * Names of the series of a history: these, and `lag:<consumer>` and `rate:<consumer>` (acknowledged per second) of at most a hundred
 * consumers, those at the end of the flow first.
 */
export type HistorySeries =
  | 'processedPerSecond'
  | 'medianLatencyMs'
  /** Messages that wait, over all consumers. */
  | 'lag'
  /** Messages in the DLQ. */
  | 'deadLetters'
  | `lag:${string}`
  | `rate:${string}`;

/** `/api/history`: the last hour. A page fetches it once on `snapshot`, then appends each event `point`. */
export interface History {
  /** Time between two points. */
  readonly stepSeconds: number;
  /** When the last point was taken, ISO 8601; null before the first. */
  readonly end: string | null;
  /** Oldest first, all of the same length, at most an hour; null where nothing was read. */
  readonly series: Readonly<Partial<Record<HistorySeries, readonly (number | null)[]>>>;
}

/** Event `point`: the next one of every series. */
export interface HistoryPoint {
  /** ISO 8601. */
  readonly at: string;
  readonly values: Readonly<Partial<Record<HistorySeries, number | null>>>;
}

/** Event `sources`: all of them. */
export interface SourcesEvent {
  readonly sources: readonly SourceRow[];
}

/** Event `flow`: all of it, after a source came or went. */
export interface FlowEvent {
  /** The workers in the order of the flow. */
  readonly flow: readonly FlowStep[];
}

/** Everything the page shows: `/api/board`, and event `snapshot` on connecting. */
export interface BoardSnapshot extends ConsumersEvent, SourcesEvent, FlowEvent {
  /** Names this life of the monitor; counts start again with another. */
  readonly epoch: string;
  /** `seq` of the newest item so far, 0 before the first. */
  readonly seq: number;
  readonly pipeline: string;
  readonly startedAt: string;
  /** Whether `/api/news` and the feeds are answered here (contract/news-api.ts). */
  readonly newsApi: boolean;
  /** The command that puts a dead letter back, with `{sequence}` in place of its sequence in the DLQ; or the empty string. */
  readonly replayCommand: string;
  readonly news: readonly NewsEntry[];
  readonly dlq: DlqView;
}
