// nats-monitor as a process on a real cluster: its figures are those of the JetStream API, and go with what they are about.
import { nanos } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { NATS_METRICS as METRICS } from '../../workers/contract/nats-metrics.ts';
import { SOURCES_STREAM, sourceSubject } from '../../workers/contract/subjects.ts';
import { readSamples, type Samples } from '../../workers/nats-monitor/testing/samples.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';
import { Observer } from '../support/observer.ts';

const sources = { stream: SOURCES_STREAM };
const SOON_MS = 60_000;
/** Servers find out that they have lost their quorum after some ten seconds. */
const ELECTION_MS = 50_000;
const DEFINITION = `
sources:
  harbour: { kind: rss, feeds: [{ url: https://harbour.example/one, every: 1h, name: one }] }
`;

let cluster: TestCluster;
let observer: Observer;
let monitor: Child;
let url: string;

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  const { exit, output } = await cluster.bootstrap();
  expect(exit.code, output).toBe(0);
  observer = await Observer.connect(cluster);
  const [port] = await freePorts(1);
  url = `http://127.0.0.1:${port}`;
  const environment = { HTTP_PORT: String(port), SURVEY_INTERVAL_MS: '250', SURVEY_TIMEOUT_MS: '1000' };
  monitor = cluster.startDeclared('nats-monitor', environment);
  await waitFor('the monitor to be ready', SOON_MS, async () => (await fetch(`${url}/readyz`)).ok);
});
afterAll(() => cluster?.stop());

const samples = async (): Promise<Samples> => readSamples(await (await fetch(`${url}/metrics`)).text());

/** Waits until the metrics are as wanted, and returns what `look` made of them. */
const measured = <T>(what: string, look: (samples: Samples) => T | undefined | false, withinMs = SOON_MS): Promise<T> =>
  waitFor(what, withinMs, async () => look(await samples()));

describe('with all servers there', () => {
  it('tells of each server once, and of the one that leads', async () => {
    const servers = ['nats-0', 'nats-1', 'nats-2'];
    const perServer = [METRICS.info, METRICS.memory, METRICS.cpu, METRICS.storageUsed, METRICS.metaSize];
    // A report that is too late is left out of a survey, and a peer that is busy is not current for a moment.
    const now = await measured(
      'all servers',
      (all) =>
        all.value(METRICS.surveyed) === 3 &&
        perServer.every((metric) => all.labels(metric, 'server_name').length === 3) &&
        all.sum(METRICS.peerCurrent) === 2 &&
        all,
    );
    expect([now.value(METRICS.up), now.value(METRICS.expected)]).toEqual([1, 3]);
    for (const metric of perServer) {
      expect(now.labels(metric, 'server_name').sort(), metric.name).toEqual(servers);
    }
    expect(now.labels(METRICS.info, 'version')[0]).toMatch(/^\d+\.\d+\.\d+/);
    expect(now.sum(METRICS.metaLeader)).toBe(1);
    expect([now.sum(METRICS.peerCurrent), now.sum(METRICS.peerOffline)]).toEqual([2, 0]);
    const connected = now.sum(METRICS.connections);
    expect(connected).toBeGreaterThanOrEqual(2);
    expect(now.type(METRICS.receivedMessages)).toBe('counter');
    const before = now.sum(METRICS.receivedMessages);
    await measured('messages to be counted', (all) => all.sum(METRICS.receivedMessages) > before);
  });

  it('tells of streams and consumers what the JetStream API does, each once', async () => {
    const client = observer.connection.jetstream({ checkAPI: false });
    for (let count = 0; count < 5; count++) await client.publish(sourceSubject('harbour'), '{}');
    // A survey is a little older than an answer of the API, and consumers learn of a message later than their stream.
    const now = await waitFor('what the API says', SOON_MS, async () => {
      const now = await samples();
      expect(now.value(METRICS.messages, sources)).toBe(5);
      expect(now.labels(METRICS.messages, 'stream').sort()).toEqual(
        cluster.topology.streams.map(({ name }) => name).sort(),
      );
      for (const stream of now.labels(METRICS.messages, 'stream')) {
        const { state, config } = await observer.manager.streams.info(stream);
        const told = [METRICS.messages, METRICS.bytes, METRICS.firstSequence, METRICS.lastSequence, METRICS.consumers];
        expect([stream, ...told.map((metric) => now.value(metric, { stream }))]).toEqual([
          stream,
          state.messages,
          state.bytes,
          state.first_seq,
          state.last_seq,
          state.consumer_count,
        ]);
        expect(now.value(METRICS.limitBytes, { stream })).toBe(config.max_bytes);
        expect(now.value(METRICS.limitMessages, { stream })).toBe(config.max_msgs < 0 ? undefined : config.max_msgs);
        expect(now.value(METRICS.streamLeader, { stream })).toBe(1);
        expect(now.value(METRICS.streamReplicas, { stream, state: 'current' })).toBe(3);
      }
      const consumers = cluster.topology.consumers.map(({ name }) => name).sort();
      expect(now.labels(METRICS.pending, 'consumer_name').sort()).toEqual(consumers);
      expect(now.value(METRICS.pending, { ...sources, consumer_name: 'harbour-consumer' })).toBe(5);
      expect(now.sum(METRICS.consumerLeader)).toBe(consumers.length);
      return now;
    });
    const missing = Object.values(METRICS).filter((metric) => !now.has(metric));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('leaves out consumers that nobody named, and forgets one that was deleted', async () => {
    // One that nobody uses would be gone after five seconds.
    const { name } = await observer.manager.consumers.add('DLQ', { inactive_threshold: nanos(600_000) });
    const labels = { ...sources, consumer_name: 'harbour-consumer' };
    await observer.manager.consumers.delete(SOURCES_STREAM, 'harbour-consumer');
    // Each server learns of either in its own time.
    const now = await measured(
      'the one to come and the other to go',
      (all) =>
        all.value(METRICS.consumers, { stream: 'DLQ' }) === 1 &&
        all.value(METRICS.consumerLeader, labels) === undefined &&
        all,
    );
    expect(now.value(METRICS.pending, labels)).toBeUndefined();
    expect(now.labels(METRICS.pending, 'consumer_name')).not.toContain(name);
  });
});

// In this order: the first loss is borne, the second is not.
describe('as servers are lost', () => {
  it('forgets the server and goes on with the others', async () => {
    cluster.cluster.servers[2]?.kill('SIGKILL');
    const now = await measured(
      'new leaders',
      (all) =>
        all.value(METRICS.surveyed) === 2 &&
        all.sum(METRICS.metaLeader) === 1 &&
        all.sum(METRICS.peerCurrent) === 1 &&
        all.sum(METRICS.streamLeader) === cluster.topology.streams.length &&
        all.labels(METRICS.messages, 'stream').length === cluster.topology.streams.length &&
        all,
      ELECTION_MS,
    );
    for (const metric of [METRICS.info, METRICS.memory, METRICS.storageUsed, METRICS.metaLeader]) {
      expect(now.labels(metric, 'server_name').sort(), metric.name).toEqual(['nats-0', 'nats-1']);
    }
    expect(now.value(METRICS.messages, sources)).toBe(5);
    const replicas = (all: Samples) =>
      ['current', 'lagging', 'offline'].map((state) => all.value(METRICS.streamReplicas, { ...sources, state }));
    // Its peers miss it some seconds later, and say after a minute that it is offline: by now, if the election took so long.
    await measured('a replica to be missed', (all) => ['2,1,0', '2,0,1'].includes(`${replicas(all)}`), ELECTION_MS);
  });

  it('says that streams have no leader, and nothing about what is in them', async () => {
    cluster.cluster.servers[1]?.kill('SIGKILL');
    const now = await measured(
      'the loss of the quorum',
      (all) =>
        all.value(METRICS.surveyed) === 1 &&
        all.labels(METRICS.streamLeader, 'stream').length === cluster.topology.streams.length &&
        all.sum(METRICS.streamLeader) === 0 &&
        // Each consumer finds out by itself; one was deleted.
        all.labels(METRICS.consumerLeader, 'consumer_name').length === cluster.topology.consumers.length - 1 &&
        all.sum(METRICS.consumerLeader) === 0 &&
        all.sum(METRICS.metaLeader) === 0 &&
        all,
      ELECTION_MS,
    );
    expect(now.value(METRICS.metaLeader, { server_name: 'nats-0' })).toBe(0);
    expect(now.labels(METRICS.messages, 'stream')).toEqual([]);
    expect(now.labels(METRICS.pending, 'consumer_name')).toEqual([]);
  });

  it('says that nobody answers, with no figure left over', async () => {
    cluster.cluster.servers[0]?.kill('SIGKILL');
    const now = await measured('no server', (all) => all.value(METRICS.up) === 0 && all);
    expect([now.value(METRICS.surveyed), now.value(METRICS.expected)]).toEqual([0, 3]);
    expect(now.value(METRICS.surveyErrors)).toBeGreaterThanOrEqual(1);
    for (const metric of [METRICS.info, METRICS.metaLeader, METRICS.streamLeader, METRICS.consumerLeader]) {
      expect(now.labels(metric, metric.labelNames[0] as string), metric.name).toEqual([]);
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('ends with 0 when told to stop', async () => {
    expect(await monitor.stop(20_000)).toEqual({ code: 0, signal: null });
  });
});
