// The messages of the pipeline: their TypeScript shapes and, beside each, the JSON Schema that defines it on the wire.
import { NAME_PATTERN } from './feed-id.ts';
import { NEWS_PROCESSED, NEWS_RECEIVED } from './subjects.ts';

/** A feed to poll, carried by its schedule from poll to poll (FEEDS.schedule.… and FEEDS.due.…). */
export interface FeedPoll {
  readonly source: string;
  readonly feed: string;
  readonly url: string;
  /** Polling interval in milliseconds; null leaves it to the feed's own hints. */
  readonly everyMs: number | null;
}

/** A document as fetched, decoded to text (SOURCES.<source>); headers name the feed, media type and final address. */
export interface RawDocument {
  readonly data: string;
  /** When it was fetched, ISO 8601. */
  readonly timestamp: string;
}

/** A news item, cleaned (NEWS.received). Texts are plain, links absolute. */
export interface NewsItem {
  readonly title: string;
  readonly description: string;
  /** ISO 8601, or null when the source gave none that can be read. */
  readonly date: string | null;
  /** An absolute http or https address, or the empty string when the source gave none. */
  readonly link: string;
  /** What makes it the same item as another: see identity.ts. */
  readonly id: string;
  readonly source: string;
  readonly author?: string;
  readonly image?: string;
  /** BCP 47 tag. */
  readonly language?: string;
}

/** A news item that has just been stored for the first time (NEWS.processed). */
export type ProcessedNews = NewsItem;

/** A JSON Schema with the subject and version under which the registry knows it. */
export interface MessageSchema {
  /** Subject without variable tokens, such as `SOURCES` or `NEWS.received`. */
  readonly subject: string;
  readonly version: number;
  /** What such a message is, for whoever reads the registry. */
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

const dateTime = { type: 'string', format: 'date-time' } as const;
const name = { type: 'string', pattern: NAME_PATTERN.source } as const;

/** Most code points in the texts of a news item. A long post of X, of 25,000 characters, is taken whole. */
export const NEWS_LIMITS = { title: 1_000, description: 25_000, address: 4_096, author: 500, language: 35 } as const;

const newsProperties = {
  title: { type: 'string', minLength: 1, maxLength: NEWS_LIMITS.title },
  description: { type: 'string', maxLength: NEWS_LIMITS.description },
  date: { anyOf: [dateTime, { type: 'null' }] },
  link: { type: 'string', pattern: '^(https?://.+)?$', maxLength: NEWS_LIMITS.address },
  id: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  source: name,
  author: { type: 'string', minLength: 1, maxLength: NEWS_LIMITS.author },
  image: { type: 'string', pattern: '^https?://', maxLength: NEWS_LIMITS.address },
  language: { type: 'string', minLength: 1, maxLength: NEWS_LIMITS.language },
} as const;

const newsSchema = {
  type: 'object',
  required: ['title', 'description', 'date', 'link', 'id', 'source'],
  properties: newsProperties,
  additionalProperties: true,
} as const;

export const FEED_POLL: MessageSchema = {
  subject: 'FEEDS',
  version: 1,
  description: 'A feed to poll, carried by its schedule from poll to poll',
  schema: {
    type: 'object',
    required: ['source', 'feed', 'url', 'everyMs'],
    properties: {
      source: name,
      feed: name,
      url: { type: 'string', pattern: '^(https?|newsroom):/' },
      everyMs: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
    },
    additionalProperties: true,
  },
};

export const RAW_DOCUMENT: MessageSchema = {
  subject: 'SOURCES',
  version: 1,
  description: 'A document as fetched, decoded to text; headers name the feed, media type and final address',
  schema: {
    type: 'object',
    required: ['data', 'timestamp'],
    properties: { data: { type: 'string' }, timestamp: dateTime },
    additionalProperties: true,
  },
};

export const NEWS_ITEM: MessageSchema = {
  subject: NEWS_RECEIVED,
  version: 1,
  description: 'A news item, cleaned: texts are plain, links absolute',
  schema: newsSchema,
};
export const PROCESSED_NEWS: MessageSchema = {
  subject: NEWS_PROCESSED,
  version: 1,
  description: 'A news item that has just been stored for the first time',
  schema: newsSchema,
};

/** Every version of every message type, the ones that nobody writes any more included: streams and dead letters may hold them. */
export const MESSAGE_SCHEMAS: readonly MessageSchema[] = [FEED_POLL, RAW_DOCUMENT, NEWS_ITEM, PROCESSED_NEWS];

/** The value of the schema header for a message type. */
export const schemaHeader = (type: MessageSchema): string => `${type.subject}/${type.version}`;
