// The one function from a definition to everything that follows from it. Nothing else lists a name or a subject.
import type { Definition, ReplicaRange, RssSource, SourceDefinition } from './definition.ts';
import type { FeedPoll } from './messages.ts';
import { type Identity, identities } from './permissions.ts';
import {
  isClient,
  isScaled,
  NATS_MONITOR,
  NEWS_MONITOR,
  plannedWorkers,
  type Role,
  type WorkerShape,
  workerShape,
} from './roles.ts';
import { SCHEMAS, type SchemaRegistry } from './schemas.ts';
import { type ConsumerSpec, consumerSpec, type StreamSpec, streamSpecs } from './streams.ts';
import { feedStateKey, STREAM_FEED } from './subjects.ts';
import type { Goal } from './worker-scaler.ts';

/** Between how many replicas a worker is scaled, and on what. */
export interface ScalingSpec extends ReplicaRange {
  readonly goal: Goal;
}

/** A kind of process of the pipeline, of which several replicas may run. */
export interface WorkerSpec {
  /** Also the name of its identity, where it has one, and of its consumer. */
  readonly name: string;
  readonly role: Role;
  /** Whether it connects to NATS, as the identity of its name. */
  readonly connects: boolean;
  /** What it works off; undefined where it follows something outside. */
  readonly consumer: ConsumerSpec | undefined;
  readonly replicas: ReplicaRange;
  /** Messages that a replica asks for at a time. */
  readonly batch: number;
  /** How it follows the lag of its consumer; undefined where `replicas.min` is what runs. */
  readonly scaling: ScalingSpec | undefined;
  /** What its process is told about its place in the pipeline, as environment variables. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Everything that a definition brings about. */
export interface Topology {
  /** Servers of the cluster. */
  readonly servers: number;
  readonly streams: readonly StreamSpec[];
  readonly consumers: readonly ConsumerSpec[];
  readonly registry: SchemaRegistry;
  readonly identities: readonly Identity[];
  readonly workers: readonly WorkerSpec[];
  /** What is polled. */
  readonly feeds: readonly FeedPoll[];
  /** Keys of the bucket `feeds` that belong to something declared. */
  readonly feedStateKeys: readonly string[];
}

/** Computes the topology of a definition that parseDefinition accepted. Pure: equal definitions give equal topologies. */
export function computeTopology(definition: Definition): Topology {
  const { sources } = definition;
  const workers = plannedWorkers(sources).map((planned) => {
    const shape = workerShape(planned.role, definition.workers[planned.name]);
    return { ...planned, shape, consumer: consumerSpec(planned, shape) };
  });
  const consumers = workers.flatMap(({ consumer }) => consumer ?? []);
  const streams = streamSpecs(sources, consumers, definition.nats.servers);
  const feeds = sources.flatMap((source) => (source.kind === 'rss' ? feedPolls(source) : []));
  return {
    servers: definition.nats.servers,
    streams,
    consumers,
    registry: { ...definition.schemas, schemas: SCHEMAS },
    identities: identities(sources, streams, consumers),
    workers: workers.map(({ name, role, source, shape, consumer }) => ({
      name,
      role,
      connects: isClient(role),
      consumer,
      replicas: shape.replicas,
      batch: shape.batch,
      scaling:
        isScaled(role) && shape.replicas.min < shape.replicas.max ? { ...shape.replicas, goal: shape.goal } : undefined,
      environment: {
        WORKER: name,
        ...(consumer ? consumerEnvironment(consumer, shape) : {}),
        ...(source ? { SOURCE: source.name, ...sourceEnvironment(role, source) } : {}),
        ...(role === NEWS_MONITOR ? monitorEnvironment(sources, consumers) : {}),
        ...(role === NATS_MONITOR || role === NEWS_MONITOR ? { SERVERS: String(definition.nats.servers) } : {}),
      },
    })),
    feeds,
    feedStateKeys: sources.flatMap((source) =>
      source.kind === 'rss'
        ? source.feeds.map(({ id }) => feedStateKey(source.name, id))
        : [feedStateKey(source.name, STREAM_FEED)],
    ),
  };
}

const feedPolls = ({ name, feeds }: RssSource): FeedPoll[] =>
  feeds.map(({ id, url, everyMs }) => ({ source: name, feed: id, url, everyMs: everyMs ?? null }));

const consumerEnvironment = (consumer: ConsumerSpec, shape: WorkerShape): Record<string, string> => ({
  STREAM: consumer.stream,
  CONSUMER: consumer.name,
  BATCH: String(shape.batch),
  ACK_WAIT_MS: String(shape.ackWaitMs),
});

function sourceEnvironment(role: Role, source: SourceDefinition): Record<string, string> {
  if (!role.endsWith('-exporter')) return { IDENTITY_RULE: source.identity };
  return source.kind === 'rss'
    ? { ALLOW_PRIVATE_ADDRESSES: String(source.allowPrivateAddresses) }
    : { X_API_URL: source.apiUrl, RULES: JSON.stringify(source.rules) };
}

function monitorEnvironment(
  sources: readonly SourceDefinition[],
  consumers: readonly ConsumerSpec[],
): Record<string, string> {
  return {
    // Each with how many feeds it declares.
    SOURCES: sources.map((source) => `${source.name}=${source.kind === 'rss' ? source.feeds.length : 1}`).join(','),
    CONSUMERS: consumers.map(({ stream, name }) => `${stream}/${name}`).join(','),
  };
}
