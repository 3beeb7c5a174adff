// Which workers a definition brings about, and what each role does by default.
import type { ReplicaRange, SourceDefinition, SourceKind, WorkerSettings } from './definition.ts';
import type { Goal } from './worker-scaler.ts';

/** What a worker is, which is also the folder that it lives in. */
export type Role =
  | `${SourceKind}-exporter`
  | `${SourceKind}-consumer`
  | 'news-creator'
  | 'news-reader'
  | 'news-monitor'
  | 'nats-monitor';

/** Defaults of a role. */
export interface RoleDefaults {
  readonly replicas: ReplicaRange;
  readonly batch: number;
  readonly ackWaitMs: number;
}

/**
 * Exporters wait for the network and hold few polls at a time, each well under its acknowledgement time-out; raw documents
 * are large, so consumers hold few; items are small and the creator's batch is what makes one database write serve many.
 */
export const ROLE_DEFAULTS: Readonly<Record<Role, RoleDefaults>> = {
  'rss-exporter': { replicas: { min: 1, max: 10 }, batch: 16, ackWaitMs: 30_000 },
  'rss-consumer': { replicas: { min: 1, max: 10 }, batch: 8, ackWaitMs: 30_000 },
  // One connection at a time is all that X allows: a second replica only waits to take over.
  'twitter-exporter': { replicas: { min: 1, max: 2 }, batch: 1, ackWaitMs: 30_000 },
  'twitter-consumer': { replicas: { min: 1, max: 10 }, batch: 200, ackWaitMs: 30_000 },
  'news-creator': { replicas: { min: 1, max: 10 }, batch: 1_000, ackWaitMs: 30_000 },
  'news-monitor': { replicas: { min: 1, max: 1 }, batch: 1_000, ackWaitMs: 30_000 },
  // These have no consumer; their replicas are all that counts.
  'news-reader': { replicas: { min: 1, max: 1 }, batch: 1, ackWaitMs: 30_000 },
  'nats-monitor': { replicas: { min: 1, max: 1 }, batch: 1, ackWaitMs: 30_000 },
};

/** Seconds in which a scaled worker is to work off its lag, where nothing else was said. */
export const DEFAULT_DRAIN_SECONDS = 30;

/**
 * Whether workers of a role follow the lag of a consumer: those that pull. The monitors show the pipeline from one place each, and
 * the reader asks the database alone; of the exporters that follow X one leads and the others wait.
 */
export const isScaled = (role: Role): boolean => !UNSCALED.has(role);
const UNSCALED: ReadonlySet<Role> = new Set(['news-reader', 'news-monitor', 'nats-monitor', 'twitter-exporter']);

/** Whether workers of a role connect to NATS, and so have an identity. */
export const isClient = (role: Role): boolean => role !== 'news-reader';

/** Whether items pass workers of a role on their way to the database and out again: what these do are the steps of a trace. */
export const isTraced = (role: Role): boolean => role === NEWS_CREATOR || /-(exporter|consumer)$/.test(role);

/** Deliveries of a message that are spent on doing the work; see DEAD_LETTER_DELIVERIES. */
export const WORK_DELIVERIES = 6;
/**
 * Deliveries after those, in which a worker only moves the message to the DLQ: a message whose processing kills the process
 * would otherwise use up its last delivery without anybody left to say so.
 */
export const DEAD_LETTER_DELIVERIES = 4;
export const MAX_DELIVER = WORK_DELIVERIES + DEAD_LETTER_DELIVERIES;

export const NEWS_CREATOR = 'news-creator';
/** Answers questions about stored news; it reads the database and nothing else. */
export const NEWS_READER = 'news-reader';
/** Follows what is processed, and shows the page. */
export const NEWS_MONITOR = 'news-monitor';
/** Measures the servers, over the system account. */
export const NATS_MONITOR = 'nats-monitor';
/** The identity that creates streams, consumers and buckets. */
export const BOOTSTRAP = 'bootstrap';
/** The identity, and the Deployment, that scales workers. */
export const OPERATOR = 'operator';
/** The identity of the job that puts dead letters back. */
export const REPLAY = 'replay';
/** The identity of the system account: reloads. */
export const SYSTEM = 'system';

export const exporterName = (source: string): string => `${source}-exporter`;
export const consumerName = (source: string): string => `${source}-consumer`;

/** A worker that a definition brings about; `source` is set on those that a source has for itself. */
export interface PlannedWorker<S extends Pick<SourceDefinition, 'name' | 'kind'>> {
  readonly name: string;
  readonly role: Role;
  readonly source?: S;
}

/** Lists the workers of a definition in the order of the flow. */
export function plannedWorkers<S extends Pick<SourceDefinition, 'name' | 'kind'>>(
  sources: readonly S[],
): PlannedWorker<S>[] {
  return [
    ...sources.flatMap((source): PlannedWorker<S>[] => [
      { name: exporterName(source.name), role: `${source.kind}-exporter`, source },
      { name: consumerName(source.name), role: `${source.kind}-consumer`, source },
    ]),
    { name: NEWS_CREATOR, role: NEWS_CREATOR },
    { name: NEWS_READER, role: NEWS_READER },
    { name: NEWS_MONITOR, role: NEWS_MONITOR },
    { name: NATS_MONITOR, role: NATS_MONITOR },
  ];
}

/** Numbers of a worker that are derived together, so that no replica can starve another. */
export interface WorkerShape {
  readonly replicas: ReplicaRange;
  readonly batch: number;
  readonly ackWaitMs: number;
  readonly maxAckPending: number;
  /** What it is scaled for, where its role is one that scales. */
  readonly goal: Goal;
}

/** Fills in what a definition leaves open: two batches in hand for every replica that may run. */
export function workerShape(role: Role, settings: WorkerSettings = {}): WorkerShape {
  const defaults = ROLE_DEFAULTS[role];
  const min = settings.replicas?.min ?? Math.min(defaults.replicas.min, settings.replicas?.max ?? Infinity);
  const max = settings.replicas?.max ?? Math.max(defaults.replicas.max, min);
  const batch = settings.batch ?? defaults.batch;
  return {
    replicas: { min, max },
    batch,
    ackWaitMs: settings.ackWaitMs ?? defaults.ackWaitMs,
    maxAckPending: settings.maxAckPending ?? 2 * batch * max,
    goal:
      settings.lagPerReplica === undefined
        ? { kind: 'drain', seconds: settings.drainSeconds ?? DEFAULT_DRAIN_SECONDS }
        : { kind: 'lag', perReplica: settings.lagPerReplica },
  };
}
