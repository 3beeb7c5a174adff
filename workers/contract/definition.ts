// The shape of newsjet.yaml once parsed: what to collect, and how its workers may scale.

/** The kinds of source that a definition may name. */
export const SOURCE_KINDS = ['rss'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** What makes two news items of a source the same item: the normalised title, or the canonical link. */
export const IDENTITY_RULES = ['title', 'link'] as const;
export type IdentityRule = (typeof IDENTITY_RULES)[number];

/** The URL scheme of the built-in feeds; the exporter resolves it against the newsroom's own address. */
export const NEWSROOM_SCHEME = 'newsroom:';

/** One feed of a source. */
export interface FeedDefinition {
  /** Names the feed in subjects, state and metrics: lower-case letters, digits and dashes, unique in its source. */
  readonly id: string;
  /** An http, https or `newsroom:/…` address, normalised, without user name, password or fragment. */
  readonly url: string;
  /** Polling interval in milliseconds. @default the feed's own wish, at least 15 minutes */
  readonly everyMs?: number;
}

/** A named group of feeds with one exporter, one consumer worker and identities of its own. */
export interface SourceDefinition {
  readonly name: string;
  readonly kind: SourceKind;
  /** @default title */
  readonly identity: IdentityRule;
  /** Whether feeds may live on private, loopback or link-local addresses. @default false */
  readonly allowPrivateAddresses: boolean;
  readonly feeds: readonly FeedDefinition[];
}

/** How many replicas of a worker may run. */
export interface ReplicaRange {
  readonly min: number;
  readonly max: number;
}

/** What a definition may set for a worker; everything has a default that depends on the worker's role. */
export interface WorkerSettings {
  readonly replicas?: Partial<ReplicaRange>;
  /** Messages asked for in one pull. */
  readonly batch?: number;
  /** How long the server waits for an acknowledgement before it delivers again, in milliseconds. */
  readonly ackWaitMs?: number;
  /** Messages delivered and not acknowledged, over all replicas; must feed `batch` to each of `replicas.max`. */
  readonly maxAckPending?: number;
}

/** The server cluster that carries the streams. */
export interface NatsSettings {
  /** Servers in the cluster; streams keep three replicas when there are three or more. @default 3 */
  readonly servers: number;
}

/** A whole definition: what newsjet.yaml says, with defaults filled in. */
export interface Definition {
  readonly nats: NatsSettings;
  readonly sources: readonly SourceDefinition[];
  /** By worker name, such as `news-creator` or `programmez-consumer`. */
  readonly workers: Readonly<Record<string, WorkerSettings>>;
}
