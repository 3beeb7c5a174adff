// The NewsSource: a source of the definition that is applied to a running cluster, and what became of it. Its CRD is in
// news-source-crd.ts.
import type { CONDITION_STATES } from './custom-resource.ts';
import type { IdentityRule, SourceKind } from './definition.ts';

/** One feed, as in a definition. */
export interface NewsSourceFeed {
  readonly url: string;
  /** Such as `15m`. @default the feed's own wish, at least 15 minutes */
  readonly every?: string;
  /** @default derived from the address */
  readonly name?: string;
}

/** The spec of a NewsSource: what a definition says of a source, whose name is the object's. */
export interface NewsSourceSpec {
  readonly kind: SourceKind;
  /** @default title */
  readonly identity?: IdentityRule;
  /** Of kind rss. @default false */
  readonly allowPrivateAddresses?: boolean;
  /** Of kind rss. */
  readonly feeds?: readonly NewsSourceFeed[];
  /** Of kind twitter. */
  readonly rules?: readonly { readonly value: string; readonly tag: string }[];
  /** Of kind twitter. @default https://api.x.com */
  readonly api?: string;
}

/** Names of the resource, as RBAC, kubectl and the API server have them. */
export const NEWS_SOURCE = {
  group: 'newsjet.io',
  version: 'v1alpha1',
  plural: 'newssources',
  kind: 'NewsSource',
} as const;

/** Holds a NewsSource that is deleted until all that was fetched is worked off. */
export const DRAIN_FINALIZER = 'newsjet.io/drain';

export const NEWS_SOURCE_CONDITIONS = ['Accepted', 'Ready'] as const;
export type NewsSourceConditionType = (typeof NEWS_SOURCE_CONDITIONS)[number];

/** One thing that is so, or not. */
export interface NewsSourceCondition {
  readonly type: NewsSourceConditionType;
  readonly status: (typeof CONDITION_STATES)[number];
  /** In one word. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
  /** When `status` last changed, RFC 3339. */
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

/** Most errors that a status lists. */
export const MAX_LISTED_ERRORS = 10;

/** Why the last poll of a feed failed. */
export interface FeedError {
  readonly feed: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly at: string;
}

/** What the operator says of a NewsSource. */
export interface NewsSourceStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly NewsSourceCondition[];
  /** Feeds by what became of their last poll; one that was not polled yet is in `total` alone. */
  readonly feeds?: { readonly total: number; readonly ok: number; readonly failing: number; readonly gone: number };
  /** The latest first. */
  readonly errors?: readonly FeedError[];
  /** RFC 3339. */
  readonly lastPoll?: string;
}
