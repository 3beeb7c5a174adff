// The shape of newsjet.yaml once parsed: what to collect, and how its workers may scale.

import type { Compatibility } from './schema-compatibility.ts';

/** The kinds of source that a definition may name. */
export const SOURCE_KINDS = ['rss', 'twitter'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** What makes two news items of a source the same item: the normalised title, or the canonical link. */
export const IDENTITY_RULES = ['title', 'link'] as const;
export type IdentityRule = (typeof IDENTITY_RULES)[number];

/** The URL scheme of what is built in; it is resolved against the newsroom's own address. */
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

/** A named group of inputs of one kind, with one exporter, one consumer worker and identities of its own. */
interface SourceBase {
  readonly name: string;
  /** @default title */
  readonly identity: IdentityRule;
}

/** Feeds that are polled. */
export interface RssSource extends SourceBase {
  readonly kind: 'rss';
  /** Whether feeds may live on private, loopback or link-local addresses. @default false */
  readonly allowPrivateAddresses: boolean;
  readonly feeds: readonly FeedDefinition[];
}

/** Length of a rule that X accepts, in characters. */
export const MAX_RULE_LENGTH = 1_024;

/** The real X API. */
export const X_API_URL = 'https://api.x.com';

/** One rule of X's filtered stream. */
export interface TwitterRule {
  /** What posts must match, in X's own language. */
  readonly value: string;
  /** Names the rule: unique in its source, lower-case letters, digits and dashes. */
  readonly tag: string;
  /** Line of the definition, for what X says of the rule. */
  readonly line: number;
}

/** Posts of X's filtered stream. */
export interface TwitterSource extends SourceBase {
  readonly kind: 'twitter';
  readonly rules: readonly TwitterRule[];
  /** Base address of the API; `newsroom:/` is the built-in simulator. @default https://api.x.com */
  readonly apiUrl: string;
}

export type SourceDefinition = RssSource | TwitterSource;

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
  /** Seconds in which the lag shall be worked off; not together with `lagPerReplica`. @default 30 */
  readonly drainSeconds?: number;
  /** Messages of lag that one replica is there for. @default `drainSeconds` counts */
  readonly lagPerReplica?: number;
}

/** The server cluster that carries the streams. */
export interface NatsSettings {
  /** Servers in the cluster; streams keep three replicas when there are three or more. @default 3 */
  readonly servers: number;
}

/** The schema registry. */
export interface SchemaSettings {
  /** What a new version of a schema owes to those before it. @default backward */
  readonly compatibility: Compatibility;
}

/** A whole definition: what newsjet.yaml says, with defaults filled in. */
export interface Definition {
  readonly nats: NatsSettings;
  readonly schemas: SchemaSettings;
  readonly sources: readonly SourceDefinition[];
  /** By worker name, such as `news-creator` or `programmez-consumer`. */
  readonly workers: Readonly<Record<string, WorkerSettings>>;
}
