// A survey as metrics. Each survey replaces all of the one before: what is no longer told of has no value.
import type { Registry } from 'prom-client';
import type { MetricSpec } from '../contract/metrics.ts';
import { NATS_METRICS as METRICS } from '../contract/nats-metrics.ts';
import { counter, durations, gauge } from '../runtime/metrics.ts';
import type { ServerReport } from '../runtime/server-reports.ts';
import { consumerNames, ledConsumers, ledStreams } from './leaders.ts';
import type { ConsumerReport, JetStreamReport, ServerVariables, StreamReport } from './reports.ts';
import type { Survey } from './survey.ts';

/** Counts that begin again with their server, beside gauges. */
type Kind = 'gauge' | 'counter';
type Source<T> = readonly [MetricSpec, Kind, (report: T) => number | undefined];

const bit = (is: boolean): number => (is ? 1 : 0);
const limit = (value: number): number | undefined => (value < 0 ? undefined : value);

const OF_SERVERS: readonly Source<ServerVariables>[] = [
  [METRICS.uptime, 'gauge', ({ start, now }) => (Date.parse(now) - Date.parse(start)) / 1_000],
  [METRICS.memory, 'gauge', ({ mem }) => mem],
  [METRICS.cpu, 'gauge', ({ cpu }) => cpu],
  [METRICS.cores, 'gauge', ({ cores }) => cores],
  [METRICS.connections, 'gauge', ({ connections }) => connections],
  [METRICS.allConnections, 'counter', ({ total_connections }) => total_connections],
  [METRICS.subscriptions, 'gauge', ({ subscriptions }) => subscriptions],
  [METRICS.sentMessages, 'counter', ({ out_msgs }) => out_msgs],
  [METRICS.sentBytes, 'counter', ({ out_bytes }) => out_bytes],
  [METRICS.receivedMessages, 'counter', ({ in_msgs }) => in_msgs],
  [METRICS.receivedBytes, 'counter', ({ in_bytes }) => in_bytes],
  [METRICS.slowConsumers, 'counter', ({ slow_consumers }) => slow_consumers],
  [METRICS.routes, 'gauge', ({ routes }) => routes],
];

const OF_JETSTREAM: readonly Source<JetStreamReport>[] = [
  [METRICS.jetstream, 'gauge', ({ disabled }) => bit(!disabled)],
  [METRICS.storageSize, 'gauge', ({ config }) => config?.max_storage],
  [METRICS.storageUsed, 'gauge', ({ storage }) => storage],
  [METRICS.storageReserved, 'gauge', ({ reserved_storage }) => reserved_storage],
  [METRICS.memoryUsed, 'gauge', ({ memory }) => memory],
  [METRICS.assets, 'gauge', ({ ha_assets }) => ha_assets],
  [METRICS.apiRequests, 'counter', ({ api }) => api.total],
  [METRICS.apiErrors, 'counter', ({ api }) => api.errors],
  [METRICS.apiPending, 'gauge', ({ meta_cluster }) => meta_cluster?.pending],
  [METRICS.metaSize, 'gauge', ({ meta_cluster }) => meta_cluster?.cluster_size],
];

const OF_STREAMS: readonly Source<StreamReport>[] = [
  [METRICS.messages, 'gauge', ({ state }) => state.messages],
  [METRICS.bytes, 'gauge', ({ state }) => state.bytes],
  [METRICS.firstSequence, 'gauge', ({ state }) => state.first_seq],
  [METRICS.lastSequence, 'gauge', ({ state }) => state.last_seq],
  [METRICS.subjects, 'gauge', ({ state }) => state.num_subjects ?? 0],
  [METRICS.limitMessages, 'gauge', ({ config }) => limit(config.max_msgs)],
  [METRICS.limitBytes, 'gauge', ({ config }) => limit(config.max_bytes)],
];

const OF_CONSUMERS: readonly Source<ConsumerReport>[] = [
  [METRICS.delivered, 'gauge', ({ delivered }) => delivered.consumer_seq],
  [METRICS.deliveredStream, 'gauge', ({ delivered }) => delivered.stream_seq],
  [METRICS.ackFloor, 'gauge', ({ ack_floor }) => ack_floor.consumer_seq],
  [METRICS.ackFloorStream, 'gauge', ({ ack_floor }) => ack_floor.stream_seq],
  [METRICS.ackPending, 'gauge', ({ num_ack_pending }) => num_ack_pending],
  [METRICS.redelivered, 'gauge', ({ num_redelivered }) => num_redelivered],
  [METRICS.waiting, 'gauge', ({ num_waiting }) => num_waiting],
  [METRICS.pending, 'gauge', ({ num_pending }) => num_pending],
];

/** A metric that takes a value with labels, and forgets them all. */
interface Sink {
  set(labels: Record<string, string>, value: number): void;
  reset(): void;
}

/** Sets the metrics of a registry to what surveys say. */
export class Exposition {
  readonly #sinks = new Map<MetricSpec, Sink>();
  readonly #up;
  readonly #surveyed;
  readonly #errors;
  readonly #duration;

  /** @param servers how many there are to be */
  constructor(registry: Registry, servers: number) {
    this.#up = gauge(registry, METRICS.up);
    this.#surveyed = gauge(registry, METRICS.surveyed);
    this.#errors = counter(registry, METRICS.surveyErrors);
    this.#duration = durations(registry, METRICS.surveyDuration);
    gauge(registry, METRICS.expected).set(servers);
    for (const [spec, kind] of [...OF_SERVERS, ...OF_JETSTREAM, ...OF_STREAMS, ...OF_CONSUMERS]) {
      this.#sinks.set(spec, kind === 'gauge' ? gauge(registry, spec) : counted(registry, spec));
    }
    for (const spec of OTHERS) this.#sinks.set(spec, gauge(registry, spec));
  }

  /** Takes in a survey. @param seconds how long it took */
  record({ servers, jetstream }: Survey, seconds: number): void {
    this.#clear();
    this.#up.set(1);
    this.#surveyed.set(servers.length);
    this.#duration.observe(seconds);
    for (const { server, data } of servers) {
      this.#set(METRICS.info, { server_name: server, version: data.version }, 1);
      this.#setAll(OF_SERVERS, { server_name: server }, data);
    }
    for (const { server, data } of jetstream) this.#setAll(OF_JETSTREAM, { server_name: server }, data);
    this.#recordMetaGroup(jetstream);
    this.#recordStreams(jetstream);
    this.#recordConsumers(jetstream);
  }

  /** Takes in that nobody answered. */
  recordFailure(): void {
    this.#clear();
    this.#up.set(0);
    this.#surveyed.set(0);
    this.#errors.inc();
  }

  #recordMetaGroup(reports: readonly ServerReport<JetStreamReport>[]): void {
    for (const { server, data } of reports) {
      const meta = data.meta_cluster;
      if (!meta) continue;
      const leads = meta.leader === server;
      this.#set(METRICS.metaLeader, { server_name: server }, bit(leads));
      if (!leads) continue;
      for (const { name, current, offline } of meta.replicas ?? []) {
        this.#set(METRICS.peerCurrent, { peer: name }, bit(current));
        this.#set(METRICS.peerOffline, { peer: name }, bit(offline ?? false));
      }
    }
  }

  #recordStreams(reports: readonly ServerReport<JetStreamReport>[]): void {
    const consumers = consumerNames(reports);
    for (const [stream, { told, leaderless }] of ledStreams(reports)) {
      if (told || leaderless) this.#set(METRICS.streamLeader, { stream }, bit(!leaderless));
      if (!told) continue;
      this.#setAll(OF_STREAMS, { stream }, told);
      this.#set(METRICS.consumers, { stream }, consumers.get(stream)?.size ?? 0);
      // The leader itself is current.
      const states = { current: 1, lagging: 0, offline: 0 };
      for (const peer of told.cluster?.replicas ?? []) {
        states[peer.offline ? 'offline' : peer.current ? 'current' : 'lagging'] += 1;
      }
      for (const [state, count] of Object.entries(states)) this.#set(METRICS.streamReplicas, { stream, state }, count);
    }
  }

  #recordConsumers(reports: readonly ServerReport<JetStreamReport>[]): void {
    for (const { stream, consumer, told, leaderless } of ledConsumers(reports)) {
      const labels = { stream, consumer_name: consumer };
      if (told || leaderless) this.#set(METRICS.consumerLeader, labels, bit(!leaderless));
      if (told) this.#setAll(OF_CONSUMERS, labels, told);
    }
  }

  #setAll<T>(sources: readonly Source<T>[], labels: Record<string, string>, report: T): void {
    for (const [spec, , read] of sources) {
      const value = read(report);
      if (value !== undefined) this.#set(spec, labels, value);
    }
  }

  #set(spec: MetricSpec, labels: Record<string, string>, value: number): void {
    this.#sinks.get(spec)?.set(labels, value);
  }

  #clear(): void {
    for (const sink of this.#sinks.values()) sink.reset();
  }
}

/** Metrics that are not one field of one report. */
const OTHERS: readonly MetricSpec[] = [
  METRICS.info,
  METRICS.consumers,
  METRICS.metaLeader,
  METRICS.peerCurrent,
  METRICS.peerOffline,
  METRICS.streamLeader,
  METRICS.streamReplicas,
  METRICS.consumerLeader,
];

/** A counter that says what another counted. */
function counted(registry: Registry, spec: MetricSpec): Sink {
  const own = counter(registry, spec);
  return { set: (labels, value) => own.inc(labels, value), reset: () => own.reset() };
}
