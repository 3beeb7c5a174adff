// The streams and consumers of a topology, in the terms of the server's own configuration.
import type { SourceDefinition } from './definition.ts';
import { MAX_DELIVER, NEWS_CREATOR, NEWS_MONITOR, type PlannedWorker, type WorkerShape } from './roles.ts';
import * as subjects from './subjects.ts';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

/** A stream, or the stream that keeps a key-value bucket. Sizes in bytes, times in milliseconds. */
export interface StreamSpec {
  readonly name: string;
  /** Set on the stream of a key-value bucket. */
  readonly bucket?: string;
  readonly description: string;
  readonly subjects: readonly string[];
  readonly retention: 'limits' | 'interest';
  /** `new`: a full stream refuses what would not fit; `old`: it drops its oldest message. */
  readonly discard: 'old' | 'new';
  readonly replicas: number;
  readonly maxBytes: number;
  /** @default no limit */
  readonly maxMessagesPerSubject?: number;
  /** Whether a subject that holds that many refuses more, rather than dropping its oldest. @default false */
  readonly refusePerSubject?: boolean;
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

/** Computes the consumer of a worker, under the worker's own name; what follows X's stream has none. */
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
      return undefined;
    case 'rss-consumer':
    case 'twitter-consumer':
      return { ...common, stream: subjects.SOURCES_STREAM, filterSubject: subjects.sourceSubject(source?.name ?? '*') };
    case NEWS_CREATOR:
      return { ...common, stream: subjects.NEWS_STREAM, filterSubject: subjects.NEWS_RECEIVED };
    case NEWS_MONITOR:
      return {
        ...common,
        stream: subjects.NEWS_STREAM,
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
      retention: 'interest',
      discard: 'new',
      maxBytes: 2_048 * MIB,
    },
    {
      ...common,
      name: subjects.NEWS_STREAM,
      description: 'News items: received, and processed once stored',
      subjects: [subjects.NEWS_RECEIVED, subjects.NEWS_PROCESSED],
      retention: 'interest',
      discard: 'new',
      // A limit for each subject: if what is received could fill the stream, nothing could be published as processed, so
      // nothing would be acknowledged, and the stream would stay full. The bytes are room for so many of the largest items on
      // both, at three bytes a character; were all of four, those received would still leave a third of it.
      maxMessagesPerSubject: 20_000,
      refusePerSubject: true,
      maxBytes: 4_096 * MIB,
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
