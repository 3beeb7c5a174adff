// The streams and consumers of a topology, in the terms of the server's own configuration.
import type { SourceDefinition } from './definition.ts';
import { MAX_DELIVER, NEWS_CREATOR, NEWS_MONITOR, type PlannedWorker, type WorkerShape } from './roles.ts';
import * as subjects from './subjects.ts';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
/** News items that may wait in a stream before it refuses more, and the room for as many of the largest, at three bytes a character. */
const MAX_ITEMS = 20_000;
const MAX_ITEM_BYTES = 2_048 * MIB;

/** What the server keeps of a schema's history: the most that a key-value bucket may. */
const SCHEMA_HISTORY = 64;

/** A stream, or the stream that keeps a key-value bucket. Sizes in bytes, times in milliseconds. */
export interface StreamSpec {
  readonly name: string;
  /** Set on the stream of a key-value bucket. */
  readonly bucket?: string;
  readonly description: string;
  readonly subjects: readonly string[];
  /**
   * When a message goes, but for limits. `workqueue`: when the one consumer of its subject has acknowledged it; without that consumer
   * it waits. `interest`: when every consumer there is has acknowledged it; without any it is not kept at all.
   */
  readonly retention: 'limits' | 'workqueue' | 'interest';
  /** `new`: a full stream refuses what would not fit; `old`: it drops its oldest message. */
  readonly discard: 'old' | 'new';
  readonly replicas: number;
  readonly maxBytes: number;
  /** @default no limit */
  readonly maxMessages?: number;
  /** A subject that holds as many drops its oldest. @default no limit */
  readonly maxMessagesPerSubject?: number;
  /** @default no limit */
  readonly maxAgeMs?: number;
  /** How long a Nats-Msg-Id is remembered. */
  readonly duplicateWindowMs: number;
  /** Whether any replica may answer reads. @default false */
  readonly allowDirect?: boolean;
  /** Whether publishers may replace all that a subject holds. @default false */
  readonly allowRollup?: boolean;
  /** Whether a message may say how long it lives. @default false */
  readonly allowMessageTtl?: boolean;
  /** Whether a message may be a schedule for later ones (ADR-51 of NATS). @default false */
  readonly allowSchedules?: boolean;
}

/** A durable consumer with explicit acknowledgement. */
export interface ConsumerSpec {
  readonly name: string;
  readonly stream: string;
  readonly filterSubject: string;
  readonly ackWaitMs: number;
  readonly maxDeliver: number;
  readonly maxAckPending: number;
  /** Where a push consumer delivers, and the group that shares its messages. @default a pull consumer */
  readonly push?: { readonly deliverSubject: string; readonly deliverGroup: string };
}

/** Computes the consumer of a worker, under the worker's own name; what follows X's stream, or measures, has none. */
export function consumerSpec(
  { name, role, source }: PlannedWorker<SourceDefinition>,
  shape: WorkerShape,
): ConsumerSpec | undefined {
  const { ackWaitMs, maxAckPending } = shape;
  const common = { name, ackWaitMs, maxDeliver: MAX_DELIVER, maxAckPending };
  switch (role) {
    case 'rss-exporter':
      return { ...common, stream: subjects.FEEDS_STREAM, filterSubject: subjects.dueSubject(source?.name ?? '*', '*') };
    case 'twitter-exporter':
    case 'news-reader':
    case 'nats-monitor':
      return undefined;
    case 'rss-consumer':
    case 'twitter-consumer':
      return { ...common, stream: subjects.SOURCES_STREAM, filterSubject: subjects.sourceSubject(source?.name ?? '*') };
    case NEWS_CREATOR:
      return { ...common, stream: subjects.NEWS_STREAM, filterSubject: subjects.NEWS_RECEIVED };
    case NEWS_MONITOR:
      return {
        ...common,
        stream: subjects.PROCESSED_STREAM,
        filterSubject: subjects.NEWS_PROCESSED,
        push: { deliverSubject: subjects.deliverSubject(name), deliverGroup: name },
      };
  }
}

/**
 * Computes the streams. A message id must be remembered for as long as its message may still be delivered again, or a late
 * redelivery would be published twice: the window is the longest that any consumer may take.
 */
export function streamSpecs(
  sources: readonly SourceDefinition[],
  consumers: readonly ConsumerSpec[],
  servers: number,
): StreamSpec[] {
  const duplicateWindowMs = Math.max(120_000, ...consumers.map((c) => c.ackWaitMs * c.maxDeliver));
  const common = { replicas: servers >= 3 ? 3 : 1, duplicateWindowMs };
  return [
    {
      ...common,
      name: subjects.FEEDS_STREAM,
      description: 'When each feed is due: one schedule and one due poll a feed',
      subjects: [subjects.scheduleSubject('*', '*'), subjects.dueSubject('*', '*')],
      retention: 'limits',
      discard: 'old',
      maxBytes: 256 * MIB,
      maxMessagesPerSubject: 1,
      allowRollup: true,
      allowSchedules: true,
      allowDirect: true,
    },
    {
      ...common,
      name: subjects.SOURCES_STREAM,
      description: 'Raw documents, as fetched',
      subjects: [subjects.sourceSubject('*')],
      retention: 'workqueue',
      discard: 'new',
      maxBytes: 2_048 * MIB,
      allowDirect: true,
    },
    {
      ...common,
      name: subjects.NEWS_STREAM,
      description: 'News items, as received',
      subjects: [subjects.NEWS_RECEIVED],
      retention: 'workqueue',
      discard: 'new',
      maxMessages: MAX_ITEMS,
      maxBytes: MAX_ITEM_BYTES,
      allowDirect: true,
    },
    {
      ...common,
      // A stream apart, for it must take what is processed when NEWS is full, and anybody may have a consumer on it. Behind NEWS, of
      // whose subjects this once was one.
      name: subjects.PROCESSED_STREAM,
      description: 'News items, once stored',
      subjects: [subjects.NEWS_PROCESSED],
      retention: 'interest',
      discard: 'new',
      maxMessages: MAX_ITEMS,
      maxBytes: MAX_ITEM_BYTES,
      allowDirect: true,
    },
    {
      ...common,
      name: subjects.DLQ_STREAM,
      description: 'What could not be processed, with the reason',
      subjects: [subjects.dlqSubject('*', '*')],
      retention: 'limits',
      // A limit for each consumer, so that one bad source can neither block nor evict the dead letters of another.
      discard: 'old',
      maxBytes: 1_024 * MIB,
      maxMessagesPerSubject: 10_000,
      maxAgeMs: 30 * DAY_MS,
      allowDirect: true,
    },
    bucketSpec(subjects.FEEDS_BUCKET, 'What is known about each feed', common),
    {
      ...bucketSpec(subjects.SCHEMAS_BUCKET, 'What messages hold, by subject and version', common),
      maxBytes: 16 * MIB,
      // What a key held before says whether it was altered, or registered as something else.
      maxMessagesPerSubject: SCHEMA_HISTORY,
      // Nobody may replace that history by a deletion.
      allowRollup: false,
    },
    ...(sources.some(({ kind }) => kind === 'twitter')
      ? [{ ...bucketSpec(subjects.LEASES_BUCKET, 'Which replica leads', common), allowMessageTtl: true }]
      : []),
  ];
}

function bucketSpec(
  bucket: string,
  description: string,
  common: Pick<StreamSpec, 'replicas' | 'duplicateWindowMs'>,
): StreamSpec {
  return {
    ...common,
    name: subjects.bucketStream(bucket),
    bucket,
    description,
    subjects: [subjects.bucketSubject(bucket, '>')],
    retention: 'limits',
    discard: 'new',
    maxBytes: 256 * MIB,
    maxMessagesPerSubject: 1,
    allowRollup: true,
    allowDirect: true,
  };
}
