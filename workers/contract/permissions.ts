// Who may publish and subscribe to what: computed from what each worker does, never typed twice.
import type { SourceDefinition } from './definition.ts';
import {
  BOOTSTRAP,
  consumerName,
  exporterName,
  NATS_MONITOR,
  NEWS_CREATOR,
  NEWS_MONITOR,
  OPERATOR,
  REPLAY,
  SYSTEM,
} from './roles.ts';
import { SCHEMAS, schemaSubject } from './schemas.ts';
import type { ConsumerSpec, StreamSpec } from './streams.ts';
import * as subjects from './subjects.ts';

/** The accounts of the server; what one publishes is invisible to the other. */
export type Account = 'newsjet' | 'system';
/** What the servers call them. */
export const ACCOUNT_NAMES: Readonly<Record<Account, string>> = { newsjet: 'NEWSJET', system: 'SYS' };

/** A TLS client certificate's holder and all that it may do. */
export interface Identity {
  /** The common name of its certificate. */
  readonly name: string;
  readonly account: Account;
  readonly publish: readonly string[];
  /** Subjects, each with ` <queue>` behind it where only members of that queue group may listen. */
  readonly subscribe: readonly string[];
}

/** Computes every identity of a topology. */
export function identities(
  sources: readonly SourceDefinition[],
  streams: readonly StreamSpec[],
  consumers: readonly ConsumerSpec[],
): Identity[] {
  const byName = new Map(consumers.map((consumer) => [consumer.name, consumer]));
  const worker = (name: string, publish: string[], subscribe: string[] = []): Identity => ({
    name,
    account: 'newsjet',
    publish: [...consume(byName.get(name)), ...publish],
    subscribe: [`${subjects.inboxPrefix(name)}.>`, ...subscribe],
  });
  return [
    ...sources.flatMap(({ name, kind }) => [
      worker(exporterName(name), [
        ...(kind === 'rss' ? [subjects.scheduleSubject(name, '*')] : useKey(subjects.LEASES_BUCKET, name)),
        subjects.sourceSubject(name),
        ...useKey(subjects.FEEDS_BUCKET, subjects.feedStateKey(name, kind === 'rss' ? '*' : subjects.STREAM_FEED)),
      ]),
      worker(consumerName(name), [subjects.NEWS_RECEIVED]),
    ]),
    worker(NEWS_CREATOR, [subjects.NEWS_PROCESSED]),
    worker(
      NEWS_MONITOR,
      [
        ...consumers.map((consumer) => consumerInfo(consumer)),
        streamInfo(subjects.DLQ_STREAM),
        readMessages(subjects.DLQ_STREAM),
        readMessages(subjects.bucketStream(subjects.FEEDS_BUCKET)),
        // How old the oldest message is that waits.
        ...[...new Set(consumers.map(({ stream }) => readMessages(stream)))],
        // Who is connected to its own account: how many replicas each worker has.
        subjects.ACCOUNT_CONNECTIONS,
      ],
      [`${subjects.deliverSubject(NEWS_MONITOR)} ${NEWS_MONITOR}`],
    ),
    {
      name: NATS_MONITOR,
      account: 'system',
      publish: [...subjects.SERVER_REPORTS],
      subscribe: [`${subjects.inboxPrefix(NATS_MONITOR)}.>`],
    },
    bootstrap(streams, consumers),
    operator(streams, consumers),
    worker(REPLAY, [
      readMessages(subjects.DLQ_STREAM),
      `$JS.API.STREAM.MSG.DELETE.${subjects.DLQ_STREAM}`,
      subjects.sourceSubject('*'),
      subjects.NEWS_RECEIVED,
    ]),
    {
      name: SYSTEM,
      account: 'system',
      // Which servers there are, and that one is to read its files anew.
      publish: [subjects.SERVER_DISCOVERY, subjects.serverReload('*')],
      subscribe: [`${subjects.inboxPrefix(SYSTEM)}.>`],
    },
  ];
}

/** What it takes to work off a consumer and to set aside what can't be processed. */
function consume(consumer: ConsumerSpec | undefined): string[] {
  if (!consumer) return [];
  const { stream, name } = consumer;
  const settle = [`$JS.ACK.${stream}.${name}.>`, subjects.dlqSubject(stream, name)];
  return consumer.push ? settle : [consumerInfo(consumer), `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`, ...settle];
}

function bootstrap(streams: readonly StreamSpec[], consumers: readonly ConsumerSpec[]): Identity {
  return {
    name: BOOTSTRAP,
    account: 'newsjet',
    publish: ['$JS.API.INFO', ...provide(streams, consumers), ...registerSchemas(), ...scheduleFeeds()],
    subscribe: [`${subjects.inboxPrefix(BOOTSTRAP)}.>`],
  };
}

/**
 * It reads what workers are scaled on, and brings back what is missing or different. Of NewsSources it schedules the feeds, and
 * deletes what it made for one that is retired: by patterns, for what a source has is no longer declared by then.
 */
const operator = (streams: readonly StreamSpec[], consumers: readonly ConsumerSpec[]): Identity => ({
  name: OPERATOR,
  account: 'newsjet',
  publish: [
    ...provide(streams, consumers),
    ...registerSchemas(),
    // Feeds whose schedule is missing, unless their state says that they are gone.
    ...scheduleFeeds(),
    readMessages(subjects.bucketStream(subjects.FEEDS_BUCKET)),
    // The last document of a source, from the stream's leader: whether its consumer has been given all of them.
    `$JS.API.STREAM.MSG.GET.${subjects.SOURCES_STREAM}`,
    ...[subjects.FEEDS_STREAM, subjects.SOURCES_STREAM].flatMap((stream) => [
      `$JS.API.CONSUMER.INFO.${stream}.*`,
      `$JS.API.CONSUMER.DELETE.${stream}.*`,
    ]),
  ],
  subscribe: [
    `${subjects.inboxPrefix(OPERATOR)}.>`,
    ...subjects.streamAdvisories('*'),
    subjects.consumerAdvisory('*', '*'),
  ],
});

/** What it takes to give feeds their first schedule, and to remove those of feeds that are declared no more. */
const scheduleFeeds = (): string[] => [
  subjects.scheduleSubject('*', '*'),
  `$JS.API.STREAM.PURGE.${subjects.FEEDS_STREAM}`,
  `$JS.API.STREAM.PURGE.${subjects.bucketStream(subjects.FEEDS_BUCKET)}`,
  readKey(subjects.FEEDS_BUCKET, '*.*'),
  `${readMessages(subjects.FEEDS_STREAM)}.${subjects.scheduleSubject('*', '*')}`,
  `${readMessages(subjects.FEEDS_STREAM)}.${subjects.dueSubject('*', '*')}`,
];

/** What it takes to read the registry and to put into it what belongs there. */
const registerSchemas = (): string[] => [
  readMessages(subjects.bucketStream(subjects.SCHEMAS_BUCKET)),
  ...SCHEMAS.map(schemaSubject),
];

/** What it takes to bring streams and consumers to what is declared. */
const provide = (streams: readonly StreamSpec[], consumers: readonly ConsumerSpec[]): string[] => [
  ...streams.flatMap(({ name }) => [
    streamInfo(name),
    `$JS.API.STREAM.CREATE.${name}`,
    `$JS.API.STREAM.UPDATE.${name}`,
  ]),
  ...consumers.flatMap((consumer) => [
    consumerInfo(consumer),
    `$JS.API.CONSUMER.CREATE.${consumer.stream}.${consumer.name}.${consumer.filterSubject}`,
  ]),
];

const consumerInfo = ({ stream, name }: ConsumerSpec): string => subjects.consumerInfoSubject(stream, name);
const streamInfo = (stream: string): string => `$JS.API.STREAM.INFO.${stream}`;
const readMessages = (stream: string): string => `$JS.API.DIRECT.GET.${stream}`;
const useKey = (bucket: string, key: string): string[] => [subjects.bucketSubject(bucket, key), readKey(bucket, key)];
const readKey = (bucket: string, key: string): string =>
  `${readMessages(subjects.bucketStream(bucket))}.${subjects.bucketSubject(bucket, key)}`;
