// What was deleted or altered behind its back comes back, on a real cluster of three, by the operator's own identity.
import { AckPolicy, DeliverPolicy, type JetStreamManager, type NatsConnection, nanos } from 'nats';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import { OBSERVER, TestCluster } from '../../../test/support/cluster.ts';
import { OPERATOR } from '../../contract/roles.ts';
import { jetStream } from '../../runtime/nats.ts';
import type { DriftControlOptions } from './drift-control.ts';
import { RunningControl } from './testing/running-control.ts';

const DEFINITION = `
sources:
  papers:
    kind: rss
    feeds:
      - { url: https://papers.example/world.rss, every: 1h, name: world }
      - { url: https://papers.example/sports.rss, every: 1h, name: sports }
`;
/** What is promised. */
const RESTORED_WITHIN_MS = 30_000;
const SOON_MS = 60_000;
const NEVER_MS = 3_600_000;
/** Of a test: longer than all its waits in turn, so that on a loaded machine it is they that say what did not come. */
vi.setConfig({ testTimeout: 500_000, hookTimeout: 500_000 });

let cluster: TestCluster;
let manager: JetStreamManager;
let observer: NatsConnection;
/** Every subject that anybody has published to and that might change something. */
const writes: string[] = [];
const looks: string[] = [];

const running: RunningControl[] = [];
async function start(options: Partial<DriftControlOptions> = {}): Promise<RunningControl> {
  const connection = await cluster.connect(OPERATOR, { maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  const control = new RunningControl(connection, cluster.topology, options);
  running.push(control);
  return control;
}

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  await cluster.bootstrap();
  observer = await cluster.connect(OBSERVER.name, { maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  manager = await observer.jetstreamManager({ checkAPI: false, timeout: 10_000 });
  const note = (subject: string): void => {
    if (/\.INFO\./.test(subject)) looks.push(subject);
    else if (!/DIRECT\.GET/.test(subject)) writes.push(subject);
  };
  for (const pattern of ['$JS.API.>', 'FEEDS.schedule.>', '$KV.>']) {
    observer.subscribe(pattern, { callback: (_, { subject }) => note(subject) });
  }
});
afterEach(() => Promise.all(running.splice(0).map((control) => control.stop())));
afterAll(() => cluster?.stop());

/** Waits until everything has been looked at so many times from now on. */
async function looked(times: number): Promise<void> {
  const last = '$JS.API.CONSUMER.INFO.PROCESSED.news-monitor';
  const before = looks.filter((subject) => subject === last).length;
  await waitFor(`${times} looks`, SOON_MS, () =>
    Promise.resolve(looks.filter((subject) => subject === last).length >= before + times),
  );
}
const restored = <T>(what: string, ask: () => Promise<T>): Promise<T> =>
  waitFor(`${what} is restored`, RESTORED_WITHIN_MS, () => ask().catch(() => undefined as T));
const consumer = (stream: string, name: string) => manager.consumers.info(stream, name);
const value = async (
  control: RunningControl,
  metric: string,
  kind: string,
  name: string,
): Promise<number | undefined> => {
  const found = (await control.registry.getMetricsAsJSON()).find((candidate) => candidate.name === metric);
  return found?.values.find(({ labels }) => labels.kind === kind && labels.name === name)?.value as number | undefined;
};
const repairs = (control: RunningControl, kind: string, name: string) =>
  value(control, 'newsjet_operator_drift_repairs_total', kind, name);
const unrepairable = (control: RunningControl, kind: string, name: string) =>
  value(control, 'newsjet_operator_drift_unrepairable', kind, name);

describe('as everything is declared', () => {
  it('looks, writes nothing and says nothing', async () => {
    writes.splice(0);
    const control = await start();
    await looked(4);
    expect(writes).toEqual([]);
    expect(control.events).toEqual([]);
    expect(control.findings).toEqual([]);
  });
});

describe('deleted or altered', () => {
  it.each([
    ['SOURCES', 'papers-consumer', 'SOURCES.papers', /created$/],
    ['PROCESSED', 'news-monitor', 'NEWS.processed', /created: .* what it had not acknowledged/],
  ])('a consumer on %s comes back after a hint, and what went with it is said', async (stream, name, subject, note) => {
    const control = await start({ intervalMs: NEVER_MS });
    await looked(1);
    writes.splice(0);
    await manager.consumers.delete(stream, name);
    const { config } = await restored('the consumer', () => consumer(stream, name));
    expect(config).toMatchObject({ filter_subject: subject, deliver_policy: 'all', ack_policy: 'explicit' });
    // Told over another server than what it brought about.
    const creation = `$JS.API.CONSUMER.CREATE.${stream}.${name}.${subject}`;
    await waitFor(creation, SOON_MS, () => writes.includes(creation));
    await waitFor('an Event', SOON_MS, async () => control.events.length > 0);
    expect(control.events).toEqual([
      { type: 'Normal', reason: 'DriftRepaired', action: 'Repair', note: expect.stringMatching(note) },
    ]);
    expect(control.notes('DriftRepaired')[0]).toMatch(`consumer ${stream}/${name} created`);
    expect(control.findings).toMatchObject([{ kind: 'consumer', name: `${stream}/${name}` }]);
    expect(await repairs(control, 'consumer', `${stream}/${name}`)).toBe(1);
  });

  it('streams come back with their consumers, and buckets', async () => {
    const control = await start({ intervalMs: NEVER_MS });
    await looked(1);
    await Promise.all(['NEWS', 'PROCESSED', 'KV_feeds'].map((stream) => manager.streams.delete(stream)));
    const { config } = await restored('the stream', () => manager.streams.info('NEWS'));
    expect(config).toMatchObject({ subjects: ['NEWS.received'], num_replicas: 3 });
    await restored('the pull consumer', () => consumer('NEWS', 'news-creator'));
    const monitor = await restored('the push consumer', () => consumer('PROCESSED', 'news-monitor'));
    expect(monitor.config).toMatchObject({ deliver_subject: 'DELIVER.news-monitor', deliver_group: 'news-monitor' });
    await restored('the bucket', () => manager.streams.info('KV_feeds'));
    await waitFor('the Events', SOON_MS, async () => control.notes('DriftRepaired').length >= 5);
    expect(control.notes('DriftRepaired').sort()).toEqual([
      'consumer NEWS/news-creator created',
      'consumer PROCESSED/news-monitor created',
      'stream KV_feeds created: its keys were deleted with it',
      'stream NEWS created: it is empty: what it held was deleted with it',
      'stream PROCESSED created: it is empty: what it held was deleted with it',
    ]);
    expect(await repairs(control, 'bucket', 'feeds')).toBe(1);
  });

  it('what was altered is set back, in a consumer, which the server says nothing of, and in a stream', async () => {
    const control = await start();
    await looked(1);
    await manager.consumers.update('NEWS', 'news-creator', { max_ack_pending: 7, ack_wait: nanos(7_000) });
    await manager.consumers.update('SOURCES', 'papers-consumer', { headers_only: true } as object);
    await manager.streams.update('SOURCES', { max_bytes: 1_000_000 });
    await restored('the consumer', async () => {
      const { config } = await consumer('NEWS', 'news-creator');
      return config.max_ack_pending === 20_000 && config.ack_wait === nanos(30_000);
    });
    await restored('the bodies', async () => !(await consumer('SOURCES', 'papers-consumer')).config.headers_only);
    await restored(
      'the stream',
      async () => (await manager.streams.info('SOURCES')).config.max_bytes === 2_147_483_648,
    );
    await waitFor('the Events', SOON_MS, async () => control.notes('DriftRepaired').length >= 3);
    expect(control.notes('DriftRepaired')).toEqual(
      expect.arrayContaining([
        expect.stringContaining('max_ack_pending is 7, declared is 20000'),
        'stream SOURCES: max_bytes is 1000000, declared is 2147483648',
      ]),
    );
  });

  it('feeds are scheduled again when their stream was deleted, and when a schedule has been missing for long', async () => {
    const gone = { status: 'gone', url: 'https://papers.example/sports.rss' };
    await jetStream(observer).publish('$KV.feeds.papers.sports', JSON.stringify(gone));
    const control = await start();
    const scheduled = async (): Promise<string[]> => {
      const { state } = await manager.streams.info('FEEDS', { subjects_filter: '>' });
      return Object.keys(state.subjects ?? {}).map((subject) => subject.split('.').slice(2).join('.'));
    };
    await looked(1);
    await manager.streams.delete('FEEDS');
    await restored('the feed', async () => (await scheduled()).includes('papers.world'));
    await control.stop();
    running.splice(0);
    const patient = await start({ feedPatienceMs: 1_500 });
    await looked(1);
    const purgedAt = performance.now();
    await manager.streams.purge('FEEDS');
    await restored('the feed', async () => (await scheduled()).includes('papers.world'));
    expect(performance.now() - purgedAt).toBeGreaterThan(1_000);
    expect(await scheduled()).not.toContain('papers.sports');
    await waitFor('a word on it', SOON_MS, async () => patient.events.length > 0);
    expect(patient.notes('DriftRepaired')).toEqual(['feed papers.world scheduled: no schedule was left']);
  });
});

describe('feeds that nobody declares', () => {
  const keys = async (): Promise<string[]> => {
    const held = await Promise.all(
      ['FEEDS', 'KV_feeds'].map((stream) => manager.streams.info(stream, { subjects_filter: '>' })),
    );
    // A schedule becomes due whenever it likes.
    const subjects = held.flatMap(({ state }) => Object.keys(state.subjects ?? {}));
    return subjects.map((subject) => subject.replace(/^FEEDS\.\w+\.papers\.world$/, 'papers.world polled')).sort();
  };
  const left = [
    'FEEDS.due.papers.culture',
    'FEEDS.schedule.papers.culture',
    '$KV.feeds.papers.culture',
    '$KV.feeds.closed.world',
  ];
  const belonging = ['FEEDS.due.radio.world', '$KV.feeds.radio.world'];

  it('lose schedule and state at the next look, unless they belong to somebody else', async () => {
    const before = await keys();
    for (const subject of [...left, ...belonging]) await jetStream(observer).publish(subject, '{}');
    let answer = (_: string): boolean => false;
    const control = await start({ removable: async () => answer });
    await looked(2);
    // Nobody knows yet whom they belong to.
    expect(await keys()).toEqual([...before, ...left, ...belonging].sort());
    expect(control.events).toEqual([]);
    answer = (source) => source !== 'radio';
    await restored('what was there', async () => !(await keys()).some((subject) => left.includes(subject)));
    expect(await keys()).toEqual([...before, ...belonging].sort());
    await waitFor('a word on it', SOON_MS, async () => control.events.length > 0);
    expect(control.notes('DriftRepaired')).toEqual([
      '2 feeds (papers.culture, closed.world) removed: not declared any more',
    ]);
    await looked(2);
    expect(control.events).toHaveLength(1);
    for (const subject of belonging) {
      const stream = subject.startsWith('FEEDS') ? 'FEEDS' : 'KV_feeds';
      await manager.streams.purge(stream, { filter: subject });
    }
  });
});

describe('what can’t be repaired without loss', () => {
  it('is said once, left as it is, and forgotten when somebody has mended it', async () => {
    await manager.consumers.delete('PROCESSED', 'news-monitor');
    const pull = {
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      filter_subject: 'NEWS.processed',
    };
    await manager.consumers.add('PROCESSED', { ...pull, durable_name: 'news-monitor' });
    // Two revisions, where one is declared.
    await manager.streams.update('KV_feeds', { max_msgs_per_subject: 5 });
    for (const state of ['1', '2']) await jetStream(observer).publish('$KV.feeds.papers.world', state);
    writes.splice(0);
    const control = await start();
    await looked(4);
    expect(control.notes('DriftUnrepairable').sort()).toEqual([
      expect.stringMatching(
        /^consumer PROCESSED\/news-monitor: deliver_subject is not set, declared is "DELIVER.news-monitor"; .* would have to be deleted$/,
      ),
      expect.stringMatching(/^stream KV_feeds: max_msgs_per_subject is 5, declared is 1: that would delete messages/),
    ]);
    expect(control.lines.filter(({ level }) => level === 50)).toHaveLength(2);
    expect(await unrepairable(control, 'consumer', 'PROCESSED/news-monitor')).toBe(1);
    expect(await unrepairable(control, 'bucket', 'feeds')).toBe(1);
    expect(writes).toEqual([]);

    await manager.streams.purge('KV_feeds', { filter: '$KV.feeds.papers.world', keep: 1 });
    await manager.consumers.delete('PROCESSED', 'news-monitor');
    await restored(
      'the push consumer',
      async () => (await consumer('PROCESSED', 'news-monitor')).config.deliver_subject,
    );
    await restored('the limit', async () => (await manager.streams.info('KV_feeds')).config.max_msgs_per_subject === 1);
    for (const [kind, name] of [['bucket', 'feeds'] as const, ['consumer', 'PROCESSED/news-monitor'] as const]) {
      await waitFor(`the end of ${name}`, SOON_MS, async () => (await unrepairable(control, kind, name)) === undefined);
    }
    expect(control.notes('DriftUnrepairable')).toHaveLength(2);
  });

  it('is not what belongs to somebody else', async () => {
    await manager.streams.add({ name: 'OTHER', subjects: ['OTHER.>'] });
    await manager.consumers.add('DLQ', { durable_name: 'somebody', ack_policy: AckPolicy.Explicit });
    const before = [await manager.streams.info('OTHER'), await consumer('DLQ', 'somebody')].map(({ config }) => config);
    writes.splice(0);
    await start();
    await looked(2);
    expect(
      [await manager.streams.info('OTHER'), await consumer('DLQ', 'somebody')].map(({ config }) => config),
    ).toEqual(before);
    expect(writes).toEqual([]);
  });
});

describe('without a quorum', () => {
  it('waits, says so once, and repairs when it is there again', async () => {
    const control = await start();
    await looked(1);
    await manager.consumers.delete('SOURCES', 'papers-consumer');
    await restored('the consumer', () => consumer('SOURCES', 'papers-consumer'));
    await Promise.all([1, 2].map((index) => cluster.cluster.servers[index]?.stop(SOON_MS)));
    const said = (text: string) => control.lines.filter(({ msg }) => msg.startsWith(text));
    await waitFor('a word on it', SOON_MS, async () => said('JetStream does not answer').length > 0);
    const events = control.events.length;
    await Promise.all([1, 2].map((index) => cluster.cluster.restart(index)));
    await waitFor('JetStream', SOON_MS, async () => said('JetStream answers again').length > 0);
    // What was only away has not been taken for deleted.
    expect(control.events).toHaveLength(events);
    // Once each time: while servers start, it may answer now and then.
    expect(said('JetStream does not answer').length).toBeLessThanOrEqual(said('JetStream answers again').length + 1);
    // For this connection it may be a little later.
    await waitFor('its deletion', SOON_MS, () => manager.consumers.delete('SOURCES', 'papers-consumer'));
    await restored('the consumer', () => consumer('SOURCES', 'papers-consumer'));
  });
});
