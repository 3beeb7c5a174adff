// Bootstrap against a real cluster: creates, leaves alone, updates, refuses, waits.
import { headers, type JetStreamManager, type NatsConnection, nanos, RetentionPolicy } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { FEED_POLL, type FeedPoll, schemaHeader } from '../../workers/contract/messages.ts';
import { HEADER } from '../../workers/contract/subjects.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';

const UNCHANGED = { code: 0, signal: null };
const SOON_MS = 60_000;

/** A definition of one source with the given feeds. */
const definition = (...feeds: string[]): string => `
sources:
  papers:
    kind: rss
    feeds:
${feeds.map((feed) => `      - { ${feed} }`).join('\n')}
`;
const WORLD = 'url: https://papers.example/world.rss, every: 1h, name: world';
const SPORTS = 'url: https://papers.example/sports.rss, every: 1h, name: sports';
const BOTH = definition(WORLD, SPORTS);

describe('bootstrap', () => {
  let cluster: TestCluster;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  beforeAll(async () => {
    cluster = await TestCluster.start(BOTH, { extraIdentities: [OBSERVER] });
    connection = await cluster.connect(OBSERVER.name);
    manager = await connection.jetstreamManager({ checkAPI: false });
  });
  afterAll(() => cluster?.stop());

  /** How many messages each subject of a stream holds. */
  const subjectsOf = async (stream: string): Promise<string[]> =>
    Object.keys((await manager.streams.info(stream, { subjects_filter: '>' })).state.subjects ?? {}).sort();
  const streams = async () => (await manager.streams.list().next()).map(({ config }) => config);
  async function nextPoll(feed: string): Promise<{ poll: FeedPoll; at: Date; sequence: number }> {
    const message = await manager.streams.getMessage('FEEDS', { last_by_subj: `FEEDS.schedule.papers.${feed}` });
    const at = new Date(message.header.get('Nats-Schedule').replace('@at ', ''));
    return { poll: message.json(), at, sequence: message.seq };
  }
  /** Puts a schedule an hour away, so that it stays where it is while it is looked at. */
  async function schedule(poll: FeedPoll): Promise<void> {
    const all = headers();
    all.set(HEADER.schema, schemaHeader(FEED_POLL));
    all.set('Nats-Schedule', `@at ${new Date(Date.now() + 3_600_000).toISOString()}`);
    all.set('Nats-Schedule-Target', `FEEDS.due.${poll.source}.${poll.feed}`);
    const subject = `FEEDS.schedule.${poll.source}.${poll.feed}`;
    await connection.jetstream().publish(subject, JSON.stringify(poll), { headers: all });
  }
  const writeState = (feed: string, state: object | string) =>
    connection
      .jetstream()
      .publish(`$KV.feeds.papers.${feed}`, typeof state === 'string' ? state : JSON.stringify(state));
  const poll = (feed: string): FeedPoll => ({
    source: 'papers',
    feed,
    url: `https://papers.example/${feed}.rss`,
    everyMs: 3_600_000,
  });

  it('creates what is declared, with three replicas on three servers', async () => {
    const { exit, output } = await cluster.bootstrap();
    expect(output).toContain('stream FEEDS created');
    expect(output).toContain('schema NEWS.received.1 registered');
    expect(output).toContain('2 feeds (papers.world, papers.sports) scheduled: new');
    expect(exit).toEqual(UNCHANGED);
    expect(await subjectsOf('KV_schemas')).toEqual(
      ['FEEDS.1', 'NEWS.processed.1', 'NEWS.received.1', 'SOURCES.1'].map((key) => `$KV.schemas.${key}`),
    );
    for (const stream of cluster.topology.streams) {
      const { config } = await manager.streams.info(stream.name);
      expect(config).toMatchObject({ subjects: stream.subjects, num_replicas: 3, storage: 'file' });
    }
    const { config } = await manager.consumers.info('PROCESSED', 'news-monitor');
    expect(config).toMatchObject({ deliver_subject: 'DELIVER.news-monitor', deliver_group: 'news-monitor' });
  });

  it('changes nothing the second time, and says so', async () => {
    const { exit, output } = await cluster.bootstrap();
    expect(exit).toEqual(UNCHANGED);
    expect(output).toContain('nothing to change');
    expect(output).not.toContain('created');
    expect(output).not.toContain('registered');
    expect(output).not.toContain('scheduled');
  });

  it('repairs what can be changed, naming the property and both values', async () => {
    await manager.streams.update('SOURCES', { max_bytes: 1_000_000 });
    await manager.consumers.update('NEWS', 'news-creator', { ack_wait: nanos(7_000), max_ack_pending: 7 });
    const { exit, output } = await cluster.bootstrap();
    expect(exit).toEqual(UNCHANGED);
    expect(output).toContain('stream SOURCES: max_bytes is 1000000, declared is 2147483648');
    expect(output).toContain('consumer NEWS/news-creator: ack_wait is 7000000000, declared is 30000000000');
    expect((await manager.streams.info('SOURCES')).config.max_bytes).toBe(2_147_483_648);
    const { config } = await manager.consumers.info('NEWS', 'news-creator');
    expect(config).toMatchObject({ ack_wait: nanos(30_000), max_ack_pending: 20_000 });
    expect((await cluster.bootstrap()).output).toContain('nothing to change');
  });

  it('moves a subject to a stream of its own', async () => {
    await manager.streams.delete('PROCESSED');
    const subjects = ['NEWS.received', 'NEWS.processed'];
    await waitFor('it on NEWS', SOON_MS, () => manager.streams.update('NEWS', { subjects }));
    const { exit, output } = await cluster.bootstrap();
    expect(exit, output).toEqual(UNCHANGED);
    expect((await manager.streams.info('NEWS')).config.subjects).toEqual(['NEWS.received']);
    expect((await manager.streams.info('PROCESSED')).config.subjects).toEqual(['NEWS.processed']);
  });

  it('refuses what can’t be changed, naming every property and both values, and changes nothing', async () => {
    // As it was in earlier versions.
    const news = { ...(await manager.streams.info('NEWS')).config, subjects: ['NEWS.received', 'NEWS.processed'] };
    for (const name of ['NEWS', 'PROCESSED']) await manager.streams.delete(name);
    // What the servers know of each other's free storage is a little old.
    await waitFor('room for it again', SOON_MS, () =>
      manager.streams.add({ ...news, retention: RetentionPolicy.Interest }),
    );
    const { max_waiting, ...sources } = (await manager.consumers.info('SOURCES', 'papers-consumer')).config;
    await manager.consumers.delete('SOURCES', 'papers-consumer');
    await manager.consumers.add('SOURCES', { ...sources, deliver_subject: 'DELIVER.papers-consumer' });
    await manager.streams.update('DLQ', { max_bytes: 1_000_000 });
    const due = async () => (await subjectsOf('FEEDS')).includes('FEEDS.due.papers.sports');
    await waitFor('the first poll to be due', SOON_MS, due);
    const before = await streams();
    const { exit, output } = await cluster.bootstrap(definition(WORLD));
    expect(exit).toEqual({ code: 1, signal: null });
    const reason = String(JSON.parse(output.split('\n').at(-1) ?? '{}').reason);
    expect(reason.split('\n').slice(1, -1)).toEqual([
      'stream NEWS: retention is "interest", declared is "workqueue"',
      'consumer SOURCES/papers-consumer: deliver_subject is "DELIVER.papers-consumer", declared is none',
    ]);
    expect(reason).toContain('nothing was changed');
    expect(await streams()).toEqual(before);
    expect((await manager.consumers.list('NEWS').next()).length).toBe(0);
    expect(await due()).toBe(true);

    await manager.streams.delete('NEWS');
    await manager.consumers.delete('SOURCES', 'papers-consumer');
    expect((await cluster.bootstrap()).exit).toEqual(UNCHANGED);
  });

  it('says what the server refuses, without waiting for a quorum that is there', async () => {
    await manager.streams.delete('DLQ');
    // Two streams can't share a subject.
    await manager.streams.add({ name: 'SQUATTER', subjects: ['DLQ.NEWS.*'] });
    const { exit, output } = await cluster.bootstrap();
    expect(exit).toEqual({ code: 1, signal: null });
    expect(output).toContain('"change":"stream DLQ created"');
    expect(output).toContain('JetStream refuses what is declared: subjects overlap with an existing stream');
    await manager.streams.delete('SQUATTER');
    expect((await cluster.bootstrap()).exit).toEqual(UNCHANGED);
  });

  it('refuses to replace what a version was registered as, and says what to do', async () => {
    await manager.streams.purge('KV_schemas', { filter: '$KV.schemas.SOURCES.1' });
    await connection.jetstream().publish('$KV.schemas.SOURCES.1', '{"type":"object"}');
    const { exit, output } = await cluster.bootstrap();
    expect(exit).toEqual({ code: 1, signal: null });
    expect(JSON.parse(output.split('\n').at(-1) ?? '{}').reason).toBe(
      "schemas can't be registered, so none was:\n" +
        'schema SOURCES.1 is registered with other content, and a version never changes: give the new content a version of its own',
    );
    await manager.streams.purge('KV_schemas', { filter: '$KV.schemas.SOURCES.1' });
    expect((await cluster.bootstrap()).exit).toEqual(UNCHANGED);
  });

  it('schedules a feed anew whose interval or address has changed, and leaves the others alone', async () => {
    await schedule(poll('world'));
    await schedule(poll('sports'));
    const untouched = await nextPoll('sports');
    const changed = WORLD.replace('1h', '2h');
    const { output } = await cluster.bootstrap(definition(changed, SPORTS));
    expect(output).toContain('feed papers.world scheduled: changed');
    const due = await manager.streams.getMessage('FEEDS', { last_by_subj: 'FEEDS.*.papers.world' });
    expect(due.json()).toMatchObject({ everyMs: 7_200_000 });
    expect(await nextPoll('sports')).toEqual(untouched);
    await schedule(poll('world'));
    expect((await cluster.bootstrap(definition(WORLD.replace('world.rss', 'world.xml'), SPORTS))).output).toContain(
      'feed papers.world scheduled: changed',
    );
  });

  it('takes away the schedule, due poll and state of a feed that is declared no more', async () => {
    await cluster.bootstrap();
    await schedule(poll('sports'));
    await writeState('sports', { source: 'papers', feed: 'sports' });
    await writeState('world', { source: 'papers', feed: 'world' });
    expect(await subjectsOf('FEEDS')).toEqual(
      expect.arrayContaining(['FEEDS.schedule.papers.sports', 'FEEDS.due.papers.sports']),
    );
    const { exit, output } = await cluster.bootstrap(definition(WORLD));
    expect(exit).toEqual(UNCHANGED);
    expect(output).toContain('feed papers.sports removed: not declared any more');
    expect((await subjectsOf('FEEDS')).filter((subject) => subject.endsWith('sports'))).toEqual([]);
    expect(await subjectsOf('KV_feeds')).toEqual(['$KV.feeds.papers.world']);
    expect((await subjectsOf('FEEDS')).some((subject) => subject.endsWith('world'))).toBe(true);
    expect((await cluster.bootstrap(definition(WORLD))).output).toContain('nothing to change');
  });

  it('leaves feeds of sources that it does not know alone, where it is told to, and removes those of its own', async () => {
    await cluster.bootstrap();
    const foreign = { ...poll('world'), source: 'radio' };
    await schedule(foreign);
    const state = JSON.stringify({ ...foreign, etag: '"1"' });
    await connection.jetstream().publish('$KV.feeds.radio.world', state);
    await schedule(poll('sports'));
    const job = await cluster.startBootstrap(definition(WORLD), { UNKNOWN_SOURCES: 'keep' });
    expect(await job.exited, job.lastLines(100)).toEqual(UNCHANGED);
    expect(job.lastLines(100)).toContain('feed papers.sports removed: not declared any more');
    expect((await subjectsOf('FEEDS')).filter((subject) => /radio|sports/.test(subject))).toEqual([
      'FEEDS.schedule.radio.world',
    ]);
    expect((await manager.streams.getMessage('KV_feeds', { last_by_subj: '$KV.feeds.radio.world' })).data).toEqual(
      new TextEncoder().encode(state),
    );
    expect((await cluster.bootstrap(definition(WORLD))).output).toContain('feed radio.world removed');
    expect((await subjectsOf('KV_feeds')).join()).not.toContain('radio');
  });

  it('does not schedule a feed that is gone until its address changes', async () => {
    await manager.streams.purge('FEEDS');
    await writeState('world', { ...poll('world'), status: 'gone' });
    expect((await cluster.bootstrap(definition(WORLD))).output).toContain('nothing to change');
    expect(await subjectsOf('FEEDS')).toEqual([]);
    const { output } = await cluster.bootstrap(definition(WORLD.replace('world.rss', 'index.xml')));
    expect(output).toContain('feed papers.world scheduled: new');
  });

  it('is not held up by a state or a poll that can’t be read', async () => {
    await manager.streams.purge('FEEDS');
    await writeState('world', '{"half":');
    const { exit, output } = await cluster.bootstrap(definition(WORLD));
    expect(exit).toEqual(UNCHANGED);
    expect(output).toContain('feed papers.world scheduled: new');
  });

  it('schedules two thousand feeds in a few seconds, and spreads their first polls', async () => {
    const feeds = Array.from({ length: 2_000 }, (_, n) => `url: https://papers.example/${n}.rss, name: feed-${n}`);
    // Seen as they are published: by the time that all are, the first may have been due.
    const plannedMs = new Map<string, number>();
    const watch = connection.subscribe('FEEDS.schedule.papers.*', {
      callback: (_, { subject, headers: own }) => {
        const at = own?.get('Nats-Schedule').replace('@at ', '') ?? '';
        plannedMs.set(subject.split('.').at(-1) as string, Date.parse(at));
      },
    });
    await connection.flush();
    const start = performance.now();
    const { exit, output } = await cluster.bootstrap(definition(...feeds));
    expect(exit).toEqual(UNCHANGED);
    expect(performance.now() - start).toBeLessThan(SOON_MS);
    expect(output).toMatch(/2000 feeds \(papers\.feed-\d+, .*, …\) scheduled: new/);
    const perFeed = (await subjectsOf('FEEDS')).map((subject) => subject.split('.').at(-1));
    expect(new Set(perFeed).size).toBe(2_000);
    await waitFor('all schedules to be seen', SOON_MS, () => plannedMs.size === 2_000);
    watch.unsubscribe();
    const [early, late] = [1_500, 1_999].map((n) => plannedMs.get(`feed-${n}`)) as [number, number];
    expect(late - early).toBeGreaterThan(5_000);
    expect((await cluster.bootstrap(definition(...feeds))).output).toContain('nothing to change');
  });
});
