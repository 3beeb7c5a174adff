// Every stream, bucket and subject name of the pipeline. Nothing else spells one out.

export const FEEDS_STREAM = 'FEEDS';
export const SOURCES_STREAM = 'SOURCES';
export const NEWS_STREAM = 'NEWS';
export const PROCESSED_STREAM = 'PROCESSED';
export const DLQ_STREAM = 'DLQ';

/** The bucket of what exporters know about each feed. */
export const FEEDS_BUCKET = 'feeds';

/** The bucket of the schema registry. */
export const SCHEMAS_BUCKET = 'schemas';

/** The bucket of leader leases; a key vanishes when its holder stops renewing it. */
export const LEASES_BUCKET = 'leases';
/** What stands for a feed where a source has one stream instead: in its state and headers. */
export const STREAM_FEED = 'stream';

export const NEWS_RECEIVED = 'NEWS.received';
export const NEWS_PROCESSED = 'NEWS.processed';

/** Subject of the scheduled message that makes a feed due. */
export const scheduleSubject = (source: string, feed: string): string => `FEEDS.schedule.${source}.${feed}`;
/** Subject on which the server says that a feed is due. */
export const dueSubject = (source: string, feed: string): string => `FEEDS.due.${source}.${feed}`;
/** Subject of a source's raw documents. */
export const sourceSubject = (source: string): string => `SOURCES.${source}`;
/** Subject of what a consumer could not process. */
export const dlqSubject = (stream: string, consumer: string): string => `DLQ.${stream}.${consumer}`;
/** Key of a feed's state in the bucket `feeds`. */
export const feedStateKey = (source: string, feed: string): string => `${source}.${feed}`;
/** Key of a message type's schema in the bucket `schemas`. */
export const schemaKey = (subject: string, version: number): string => `${subject}.${version}`;
/** Subject on which a push consumer delivers. */
export const deliverSubject = (consumer: string): string => `DELIVER.${consumer}`;
/** Prefix of the subjects on which an identity awaits replies. */
export const inboxPrefix = (identity: string): string => `_INBOX.${identity}`;
/** Subject on which the leader of a consumer says how far it is. */
export const consumerInfoSubject = (stream: string, consumer: string): string =>
  `$JS.API.CONSUMER.INFO.${stream}.${consumer}`;
/** Subjects on which the server says that a stream was deleted or changed. */
export const streamAdvisories = (stream: string): string[] =>
  ['DELETED', 'UPDATED'].map((what) => `$JS.EVENT.ADVISORY.STREAM.${what}.${stream}`);
/** Subject on which the server says that a consumer was deleted; of one that was changed it says nothing. */
export const consumerAdvisory = (stream: string, consumer: string): string =>
  `$JS.EVENT.ADVISORY.CONSUMER.DELETED.${stream}.${consumer}`;
/** Subject on which every server tells of the connections of the account that asks. */
export const ACCOUNT_CONNECTIONS = '$SYS.REQ.ACCOUNT.PING.CONNZ';
/** Subject on which every server says that it is there, to the system account. */
export const SERVER_DISCOVERY = '$SYS.REQ.SERVER.PING';
/** Subject on which a server is told to read its configuration and certificates anew. */
export const serverReload = (server: string): string => `$SYS.REQ.SERVER.${server}.RELOAD`;
/** Subjects on which every server reports about itself and about JetStream, to the system account. */
export const SERVER_REPORTS = ['$SYS.REQ.SERVER.PING.VARZ', '$SYS.REQ.SERVER.PING.JSZ'] as const;
/** Name of the stream that keeps a bucket. */
export const bucketStream = (bucket: string): string => `KV_${bucket}`;
/** Subject of a bucket's key, wildcards included. */
export const bucketSubject = (bucket: string, key: string): string => `$KV.${bucket}.${key}`;

/** Headers of our own; those of the server and of the client library are theirs to name. */
export const HEADER = {
  /** `<subject>/<version>` of the JSON Schema that the body follows. */
  schema: 'Nats-Schema',
  /** Id of the feed that a document came from. */
  feed: 'Newsjet-Feed',
  /** Media type that the feed's server declared. */
  contentType: 'Newsjet-Content-Type',
  /** Address that the document was finally read from, after redirects. */
  url: 'Newsjet-Url',
  /** W3C trace context: the trace that began with the fetch, and whose step this is. */
  traceparent: 'traceparent',
  /** On news items: when the document that they came in was fetched, ISO 8601. */
  fetched: 'Newsjet-Fetched-At',
  /** On processed news: when NEWS.received was stored, ISO 8601. */
  received: 'Newsjet-Received',
  /** On a dead letter: where it came from and why it is here. */
  dlqStream: 'Newsjet-Dlq-Stream',
  dlqConsumer: 'Newsjet-Dlq-Consumer',
  dlqSubject: 'Newsjet-Dlq-Subject',
  dlqSequence: 'Newsjet-Dlq-Sequence',
  dlqDeliveries: 'Newsjet-Dlq-Deliveries',
  dlqReason: 'Newsjet-Dlq-Reason',
  /** When the stream had stored it, in nanoseconds: with the sequence, what it was. */
  dlqTime: 'Newsjet-Dlq-Time',
  /** On a message that was put back: `<sequence>@<nanoseconds>` of the message that it was at first. */
  replayOf: 'Newsjet-Replay-Of',
} as const;
