// How the simulated API behaves.
import type { Pieces } from './byte-cutter.ts';
import type { Endpoint } from './exchange.ts';

/** How the API behaves; the defaults are the documented ones, but for `searchLagMs`. */
export interface XApiOptions {
  /** The clock, in milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Bearer tokens that are accepted. @default ['newsroom'] */
  readonly tokens?: readonly string[];
  /** How long after the last byte a keep-alive is due, in milliseconds. @default 20_000 */
  readonly keepAliveMs?: number;
  /** Requests in a window, by endpoint. @default stream 50, rules 450, ruleChanges 100, search 450 */
  readonly limits?: Partial<Readonly<Record<Endpoint, number>>>;
  /** @default 900_000, a quarter of an hour */
  readonly windowMs?: number;
  /** Streams that may be open at once. @default 1 */
  readonly maxConnections?: number;
  /** Minutes that a new stream may ask to have repeated; 0 refuses the parameter. @default 0 */
  readonly maxBackfillMinutes?: number;
  /** @default 1_000 */
  readonly maxRules?: number;
  /** In code points. @default 1_024 */
  readonly maxRuleLength?: number;
  /** In code points. @default 512 */
  readonly maxQueryLength?: number;
  /** How young a post is not found by a search yet, in milliseconds; X says 30 seconds. @default 0 */
  readonly searchLagMs?: number;
  /** How the bytes of streams are cut. @default whole */
  readonly pieces?: Pieces;
  /** A reader of the stream that leaves so many bytes unread is disconnected. @default 16 MiB */
  readonly maxUnreadBytes?: number;
  /** Posts that a search can find. @default 50_000 */
  readonly archivedPosts?: number;
}

const LIMITS: Readonly<Record<Endpoint, number>> = { stream: 50, rules: 450, ruleChanges: 100, search: 450 };

/** Fills in the defaults. */
export const withDefaults = (options: XApiOptions) => ({
  now: Date.now,
  tokens: ['newsroom'],
  keepAliveMs: 20_000,
  windowMs: 900_000,
  maxConnections: 1,
  maxBackfillMinutes: 0,
  maxRules: 1_000,
  maxRuleLength: 1_024,
  maxQueryLength: 512,
  searchLagMs: 0,
  pieces: 'whole' as Pieces,
  maxUnreadBytes: 16 * 1_024 * 1_024,
  archivedPosts: 50_000,
  ...options,
  limits: { ...LIMITS, ...options.limits },
});
