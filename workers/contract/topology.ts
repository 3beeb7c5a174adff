// The one function from a definition to everything that follows from it. Nothing else lists a name or a subject.
import type { Definition, ReplicaRange, SourceDefinition } from './definition.ts';
import type { FeedPoll } from './messages.ts';
import { type Identity, identities } from './permissions.ts';
import { NEWS_MONITOR, plannedWorkers, type Role, workerShape } from './roles.ts';
import { type ConsumerSpec, consumerSpec, type StreamSpec, streamSpecs } from './streams.ts';

/** A kind of process of the pipeline, of which several replicas may run. */
export interface WorkerSpec {
  /** Also the name of its identity and of its consumer. */
  readonly name: string;
  readonly role: Role;
  readonly consumer: ConsumerSpec;
  readonly replicas: ReplicaRange;
  /** What its process is told about its place in the pipeline, as environment variables. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Everything that a definition brings about. */
export interface Topology {
  /** Servers of the cluster. */
  readonly servers: number;
  readonly streams: readonly StreamSpec[];
  readonly consumers: readonly ConsumerSpec[];
  readonly identities: readonly Identity[];
  readonly workers: readonly WorkerSpec[];
  readonly feeds: readonly FeedPoll[];
}

/** Computes the topology of a definition that parseDefinition accepted. Pure: equal definitions give equal topologies. */
export function computeTopology(definition: Definition): Topology {
  const { sources } = definition;
  const workers = plannedWorkers(sources).map((planned) => {
    const shape = workerShape(planned.role, definition.workers[planned.name]);
    return { ...planned, shape, consumer: consumerSpec(planned, shape) };
  });
  const consumers = workers.map(({ consumer }) => consumer);
  const streams = streamSpecs(consumers, definition.nats.servers);
  return {
    servers: definition.nats.servers,
    streams,
    consumers,
    identities: identities(sources, streams, consumers),
    workers: workers.map(({ name, role, source, shape, consumer }) => ({
      name,
      role,
      consumer,
      replicas: shape.replicas,
      environment: {
        WORKER: name,
        STREAM: consumer.stream,
        CONSUMER: consumer.name,
        BATCH: String(shape.batch),
        ACK_WAIT_MS: String(shape.ackWaitMs),
        ...(source ? sourceEnvironment(role, source) : {}),
        ...(role === NEWS_MONITOR ? monitorEnvironment(sources, consumers) : {}),
      },
    })),
    feeds: sources.flatMap((source) =>
      source.feeds.map((feed) => ({
        source: source.name,
        feed: feed.id,
        url: feed.url,
        everyMs: feed.everyMs ?? null,
      })),
    ),
  };
}

function sourceEnvironment(role: Role, source: SourceDefinition): Record<string, string> {
  return role === 'rss-exporter'
    ? { SOURCE: source.name, ALLOW_PRIVATE_ADDRESSES: String(source.allowPrivateAddresses) }
    : { SOURCE: source.name, IDENTITY_RULE: source.identity };
}

function monitorEnvironment(
  sources: readonly SourceDefinition[],
  consumers: readonly ConsumerSpec[],
): Record<string, string> {
  return {
    // Each with how many feeds it declares.
    SOURCES: sources.map(({ name, feeds }) => `${name}=${feeds.length}`).join(','),
    CONSUMERS: consumers.map(({ stream, name }) => `${stream}/${name}`).join(','),
  };
}
