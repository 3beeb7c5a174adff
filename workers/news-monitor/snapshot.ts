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

/** A message that was put aside, and why. */
export interface DeadLetter {
  readonly stream: string;
  readonly consumer: string;
  /** Sequence in the stream that it came from. */
  readonly sequence: number;
  readonly deliveries: number;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
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
  readonly totals: Totals;
}

/** Event `sources`: all of them. */
export interface SourcesEvent {
  readonly sources: readonly SourceRow[];
}

/** Everything the page shows: `/api/board`, and event `snapshot` on connecting. */
export interface BoardSnapshot extends ConsumersEvent, SourcesEvent {
  /** Names this life of the monitor; counts start again with another. */
  readonly epoch: string;
  /** `seq` of the newest item so far, 0 before the first. */
  readonly seq: number;
  readonly pipeline: string;
  readonly startedAt: string;
  readonly news: readonly NewsEntry[];
  readonly dlq: DlqView;
}
