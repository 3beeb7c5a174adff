// The monitor as a process on a real cluster: what it shows, serves and measures.
import { isDeepStrictEqual } from 'node:util';
import { headers as messageHeaders, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import type { ProcessedNews } from '../../workers/contract/messages.ts';
import { METRICS } from '../../workers/contract/metrics.ts';
import { SYSTEM } from '../../workers/contract/roles.ts';
import {
  DLQ_STREAM,
  dlqSubject,
  FEEDS_BUCKET,
  feedStateKey,
  HEADER,
  NEWS_PROCESSED,
  PROCESSED_STREAM,
  SOURCES_STREAM,
  sourceSubject,
} from '../../workers/contract/subjects.ts';
import { Board } from '../../workers/news-monitor/board.ts';
import { sampleFeed, sampleNews } from '../../workers/news-monitor/board-samples.ts';
import { EventReader } from '../../workers/news-monitor/event-reader.ts';
import { FeedReadings } from '../../workers/news-monitor/feed-readings.ts';
import { readReplicas } from '../../workers/news-monitor/replica-readings.ts';
import type { BoardSnapshot, KnownConsumer, NewsEvent } from '../../workers/news-monitor/snapshot.ts';
import { discoverServers, reloadServer } from '../../workers/operator/servers/system-account.ts';
import { launchBrowser } from '../support/browser.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';
import { Observer } from '../support/observer.ts';

const SOON_MS = 60_000;
const DEFINITION = `
sources:
  harbour:
    kind: rss
    feeds:
      - { url: https://harbour.example/one, every: 1h, name: one }
      - { url: https://harbour.example/two, every: 1h, name: two }
workers:
  news-monitor: { ackWait: 5s }
`;

let cluster: TestCluster;
let observer: Observer;
let monitor: Child;
let creator: NatsConnection;
let exporter: NatsConnection;
let url: string;
let published = 0;

beforeAll(async () => {
  cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  const { exit, output } = await cluster.bootstrap();
  expect(exit.code, output).toBe(0);
  observer = await Observer.connect(cluster);
  creator = await cluster.connect('news-creator');
  exporter = await cluster.connect('harbour-exporter');
  const [port] = await freePorts(1);
  url = `http://127.0.0.1:${port}`;
  monitor = cluster.startDeclared('news-monitor', { HTTP_PORT: String(port), DATABASE: 'a database under test' });
  await waitFor('the monitor to read', SOON_MS, async () => (await board()).readAt !== null);
});
afterAll(() => cluster?.stop());

const get = async (path: string): Promise<string> => {
  const response = await fetch(url + path);
  expect(response.status).toBe(200);
  return response.text();
};
const board = async (): Promise<BoardSnapshot> => JSON.parse(await get('/api/board'));

/** Waits until the board is as wanted. */
const shown = <T>(what: string, look: (board: BoardSnapshot) => T | undefined | false): Promise<T> =>
  waitFor(what, SOON_MS, async () => look(await board()));

/** Waits until the board knows of one dead letter, and has it: the replica that gives it may know of it later than the leader. */
const letterShown = (what: string): Promise<BoardSnapshot['dlq']> =>
  shown(what, ({ dlq }) => dlq.total === 1 && dlq.latest.length === 1 && dlq);

/** Publishes to NEWS.processed as news-creator would, and returns the sequence. */
async function process(news: unknown, own: Record<string, string> = {}): Promise<number> {
  const headers = messageHeaders();
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  const client = creator.jetstream({ checkAPI: false });
  return (await client.publish(NEWS_PROCESSED, JSON.stringify(news), { headers })).seq;
}

/** News that no other test has. */
const nextNews = (changes: Partial<ProcessedNews> = {}): ProcessedNews => sampleNews(++published, changes);

/** The metrics served, by name and labels as written, without the label that every metric has. */
async function metrics(): Promise<Map<string, number>> {
  const samples = new Map<string, number>();
  for (const line of (await get('/metrics')).split('\n')) {
    if (line === '' || /^# (HELP \w+ .+|TYPE \w+ (counter|gauge|histogram|summary))$/.test(line)) continue;
    const match = /^([a-z_][\w]*)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (-?[\d.e+-]+|NaN|[+-]Inf)$/i.exec(line);
    if (!match) throw new Error(`/metrics has a line that is no sample: ${line}`);
    const labels = (match[2] ?? '').split(',').filter((label) => !label.startsWith('worker='));
    samples.set(`${match[1]}{${labels.join(',')}}`, Number(match[3]));
  }
  return samples;
}

/** Puts a dead letter of harbour-consumer into the DLQ. */
async function bury(reason: string): Promise<void> {
  const consumer = await cluster.connect('harbour-consumer');
  const headers = messageHeaders();
  const values = { dlqStream: 'SOURCES', dlqConsumer: 'harbour-consumer', dlqSequence: '41', dlqDeliveries: '1' };
  for (const [key, value] of Object.entries(values)) headers.set(HEADER[key as keyof typeof values], value);
  headers.set(HEADER.dlqReason, reason);
  headers.set(HEADER.traceparent, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  const subject = dlqSubject(SOURCES_STREAM, 'harbour-consumer');
  await consumer.jetstream({ checkAPI: false }).publish(subject, 'the message', { headers });
  await consumer.close();
}

const feedStates = () => exporter.jetstream({ checkAPI: false }).views.kv(FEEDS_BUCKET, { bindOnly: true });

it('is healthy', async () => {
  expect(await get('/healthz')).toBe('ok\n');
  expect((await board()).database).toBe('a database under test');
});

describe('news', () => {
  it('appear on the board and as an event, with their latency by the stream’s clock', async () => {
    const reader = await EventReader.open(url);
    await waitFor('the snapshot', SOON_MS, () => reader.of('snapshot').length === 1);
    const news = nextNews();
    const receivedAt = Date.now() - 5_000;
    const sequence = await process(news, { [HEADER.received]: new Date(receivedAt).toISOString() });
    const entry = await shown('the news', ({ news: all }) => all.find(({ id }) => id === news.id));
    expect(entry).toMatchObject({ title: news.title, link: news.link, source: 'harbour' });
    expect(entry.latencyMs).toBe(Date.parse(entry.at) - receivedAt);
    expect(entry.latencyMs).toBeGreaterThanOrEqual(5_000);
    const event = await waitFor('the event', SOON_MS, () => reader.of('news')[0]);
    expect((event.data as NewsEvent).items.map(({ id }) => id)).toEqual([news.id]);
    reader.close();
    const samples = await metrics();
    expect(samples.get(`${METRICS.processed.name}{source="harbour"}`)).toBe(1);
    expect(samples.get(`${METRICS.latency.name}_count{}`)).toBe(1);
    expect(samples.get(`${METRICS.latency.name}_sum{}`)).toBe((entry.latencyMs as number) / 1_000);
    await waitFor('the acknowledgement', SOON_MS, async () => {
      const { ack_floor } = await observer.manager.consumers.info(PROCESSED_STREAM, 'news-monitor');
      return ack_floor.stream_seq === sequence;
    });
  });

  it('without the time of their arrival have no latency', async () => {
    const news = nextNews();
    await process(news);
    expect((await shown('the news', ({ news: all }) => all.find(({ id }) => id === news.id))).latencyMs).toBeNull();
  });

  it('that are delivered again are shown once', async () => {
    monitor.kill('SIGSTOP');
    const news = nextNews();
    const before = (await observer.manager.consumers.info(PROCESSED_STREAM, 'news-monitor')).delivered.consumer_seq;
    const info = () => observer.manager.consumers.info(PROCESSED_STREAM, 'news-monitor');
    try {
      await process(news);
      await waitFor('a second delivery', SOON_MS, async () => (await info()).delivered.consumer_seq >= before + 2);
    } finally {
      monitor.kill('SIGCONT');
    }
    await waitFor('the acknowledgement', SOON_MS, async () => (await info()).num_ack_pending === 0);
    // What is published later arrives later: after it, all deliveries have been seen.
    const last = nextNews();
    await process(last);
    await shown('the next news', ({ news: all }) => all.some(({ id }) => id === last.id));
    const { news: all, totals } = await board();
    expect(all.filter(({ id }) => id === news.id)).toHaveLength(1);
    expect(totals.processed).toBe(published);
    expect(await observer.deadLetters('news-monitor')).toEqual([]);
  });

  it('that break their schema go to the DLQ, and hold up no other', async () => {
    await process({ ...sampleNews(0), title: '' });
    const news = nextNews();
    await process(news);
    await shown('the next news', ({ news: all }) => all.some(({ id }) => id === news.id));
    const letters = await waitFor('the dead letter', SOON_MS, async () => {
      const all = await observer.deadLetters('news-monitor');
      return all.length > 0 && all;
    });
    expect(letters.map(({ reason }) => reason)).toEqual([
      'the message on NEWS.processed breaks its schema: not a valid NEWS.processed/1 message: ' +
        '/title must NOT have fewer than 1 characters',
    ]);
    const dlq = await letterShown('the dead letter');
    expect(dlq.latest).toMatchObject([{ stream: 'PROCESSED', consumer: 'news-monitor', reason: letters[0]?.reason }]);
    const place = 'stream="PROCESSED",consumer="news-monitor"';
    // It is counted once the DLQ has confirmed it, which the reading of the DLQ may be ahead of.
    const samples = await waitFor('it as a metric', SOON_MS, async () => {
      const now = await metrics();
      return now.get(`${METRICS.failures.name}{${place},kind="poison"}`) !== 0 && now;
    });
    expect(samples.get(`${METRICS.dlqMessages.name}{${place}}`)).toBe(1);
    expect(samples.get(`${METRICS.deadLetters.name}{${place},cause="unreadable"}`)).toBe(1);
    expect(samples.get(`${METRICS.failures.name}{${place},kind="poison"}`)).toBe(1);
  });

  it('appear on the page without a reload, markup as text, and the console stays silent', {
    timeout: 90_000,
  }, async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('dialog', (dialog) => {
        complaints.push(dialog.message());
        void dialog.dismiss();
      });
      await page.goto(url, { timeout: SOON_MS });
      await page.locator('#state[data-state=live]').waitFor({ timeout: SOON_MS });
      await page.evaluate('window.sameDocument = true');
      const title = '<script>alert(1)</script><img src=x onerror=alert(2)>';
      const news = nextNews({ title });
      await process(news);
      await page.locator('#news-list h3', { hasText: title }).waitFor({ timeout: SOON_MS });
      expect(await page.locator('#news-list').locator('script, img').count()).toBe(0);
      expect(await page.locator('#news-list a').first().getAttribute('href')).toBe(news.link);
      expect(await page.evaluate('window.sameDocument')).toBe(true);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

describe('consumers', () => {
  const name = 'harbour-consumer';
  const labels = `{stream="SOURCES",consumer="${name}"}`;
  const row = (what: string, wanted: (consumer: KnownConsumer) => boolean) =>
    shown(what, ({ consumers }) =>
      consumers.some((consumer) => consumer.consumer === name && 'pending' in consumer && wanted(consumer)),
    );

  it('are shown with what waits for them, and as unknown with the reason when they can’t be read', async () => {
    const client = exporter.jetstream({ checkAPI: false });
    for (let count = 0; count < 3; count++) await client.publish(sourceSubject('harbour'), '{}');
    await row('the lag', ({ pending, lag }) => pending === 3 && lag === 3);
    const [first] = await observer.messages(sourceSubject('harbour'));
    const ageSeconds = () => (Date.now() - (first?.timeMs ?? 0)) / 1_000;
    await row('the age of the oldest', ({ lagSeconds }) => lagSeconds !== null && lagSeconds > 1);
    let samples = await metrics();
    const measured = samples.get(`${METRICS.consumerLag.name}${labels}`) as number;
    // Read each second, and the monitor's clock is the test's.
    expect(measured).toBeGreaterThan(1);
    expect(measured).toBeLessThanOrEqual(ageSeconds());
    expect(samples.get(`${METRICS.consumerLag.name}{stream="NEWS",consumer="news-creator"}`)).toBe(0);
    expect(samples.get(`${METRICS.consumerUnknown.name}${labels}`)).toBe(0);

    await observer.manager.consumers.delete(SOURCES_STREAM, name);
    const unknown = { stream: 'SOURCES', consumer: name, unknown: 'consumer not found' };
    await shown('it as unknown', ({ consumers }) => consumers.some((consumer) => isDeepStrictEqual(consumer, unknown)));
    samples = await metrics();
    expect(samples.get(`${METRICS.consumerUnknown.name}${labels}`)).toBe(1);
    expect(samples.has(`${METRICS.consumerLag.name}${labels}`)).toBe(false);

    expect((await cluster.bootstrap()).exit.code).toBe(0);
    // What waits for it has waited on.
    await row('it as known again', ({ lag }) => lag === 3);
    expect((await metrics()).get(`${METRICS.consumerUnknown.name}${labels}`)).toBe(0);
  });
});

describe('workers', () => {
  it('are counted by their connections, on whichever server those are', async () => {
    const before = await shown('the connections', ({ replicas }) => !('unknown' in replicas) && replicas);
    expect(before).toMatchObject({ 'news-monitor': 1, 'news-creator': 1, observer: 1 });
    for (const url of cluster.cluster.urls)
      await cluster.connect('harbour-consumer', { servers: url, name: 'any name' });
    const has = (all: BoardSnapshot['replicas']) => 'harbour-consumer' in all && all['harbour-consumer'] === 3;
    await shown('three more', ({ replicas }) => has(replicas));
    await waitFor(
      'them as a metric',
      SOON_MS,
      async () => (await metrics()).get(`${METRICS.replicas.name}{identity="harbour-consumer"}`) === 3,
    );
    // Also when servers have read their configuration anew, as they do for each NewsSource and certificate.
    const system = await cluster.connect(SYSTEM);
    const servers = await discoverServers(system, cluster.topology.servers);
    expect(servers.size).toBe(cluster.topology.servers);
    for (const id of servers.values()) await reloadServer(system, id);
    // Page by page, it is the same.
    const connection = await cluster.connect('news-monitor');
    const paged = await waitFor('every server to answer', SOON_MS, async () => {
      const replicas = await readReplicas(connection, 3, 1);
      return !('unknown' in replicas) && replicas;
    });
    expect(paged).toMatchObject({ 'harbour-consumer': 3, 'news-monitor': 2 });
  });

  it('are laid out in the order of the flow', async () => {
    const { flow, newsApi } = await board();
    expect(flow.map(({ worker }) => worker)).toEqual([
      'harbour-exporter',
      'harbour-consumer',
      'news-creator',
      'news-monitor',
    ]);
    expect(newsApi).toBe(false);
    expect((await fetch(`${url}/api/news`)).status).toBe(404);
  });
});

describe('feeds', () => {
  const source = async (): Promise<BoardSnapshot['sources'][number]> => {
    const [row] = (await board()).sources;
    return row as BoardSnapshot['sources'][number];
  };

  it('appear with their state; one that can’t be read holds up no other', async () => {
    expect(await source()).toMatchObject({ source: 'harbour', total: 2, feeds: [] });
    const states = await feedStates();
    await states.put(feedStateKey('harbour', 'one'), 'not JSON');
    const failing = sampleFeed('two', { status: 'failing', failures: 3, lastError: 'answered 500' });
    await states.put(feedStateKey('harbour', 'two'), JSON.stringify(failing));
    const row = await waitFor('the feed', SOON_MS, async () => {
      const now = await source();
      return now.failing === 1 && now;
    });
    expect(row.feeds).toMatchObject([{ feed: 'two', failures: 3, lastError: 'answered 500' }]);
    expect(row.lastError).toMatchObject({ feed: 'two', error: 'answered 500' });
    const samples = await metrics();
    expect(samples.get(`${METRICS.feeds.name}{source="harbour",status="failing"}`)).toBe(1);
    const labels = '{source="harbour",feed="two"}';
    await waitFor(
      'its failures',
      SOON_MS,
      async () => (await metrics()).get(`${METRICS.feedFailures.name}${labels}`) === 3,
    );
    const lastSuccess = (await metrics()).get(`${METRICS.feedSuccess.name}${labels}`);
    expect(lastSuccess).toBe(Date.parse(failing.lastSuccessAt as string) / 1_000);
    expect(monitor.lastLines(100)).toContain('a feed’s state can’t be read');

    await states.put(feedStateKey('harbour', 'one'), JSON.stringify(sampleFeed('one')));
    await waitFor('the other feed', SOON_MS, async () => (await source()).active === 1);
    await states.delete(feedStateKey('harbour', 'two'));
    await waitFor('the feed to go', SOON_MS, async () => (await source()).feeds.length === 1);
    expect(await source()).toMatchObject({ failing: 0, lastError: null });
  });
});

describe('dead letters', () => {
  const reasons = ({ dlq }: BoardSnapshot): string[] => dlq.latest.map(({ reason }) => reason);

  it('go from the page when they are purged, and do not come back with the next one', async () => {
    await bury('before the purge');
    await shown('the dead letter', (now) => reasons(now)[0] === 'before the purge');
    await observer.manager.streams.purge(DLQ_STREAM);
    await shown('none', ({ dlq }) => dlq.total === 0 && dlq.latest.length === 0);
    await bury('after the purge');
    const dlq = await letterShown('the next one');
    expect(dlq.latest.map(({ reason }) => reason)).toEqual(['after the purge']);
    const [letter] = await observer.deadLetters('harbour-consumer');
    expect(dlq.latest[0]).toMatchObject({
      stream: 'SOURCES',
      sequence: 41,
      deliveries: 1,
      sequenceInDlq: letter?.sequence,
      traceId: '0af7651916cd43dd8448eb211c80319c',
    });
  });

  it('are followed in a stream that was made anew', async () => {
    for (const reason of ['in the old stream', 'last in the old stream']) await bury(reason);
    await shown('the dead letters', (now) => reasons(now)[0] === 'last in the old stream');
    await observer.manager.streams.delete(DLQ_STREAM);
    await shown('the total as unknown', ({ dlq }) => isDeepStrictEqual(dlq.total, { unknown: 'stream not found' }));
    expect([...(await metrics()).keys()].filter((key) => key.startsWith(METRICS.dlqMessages.name))).toEqual([]);
    expect((await cluster.bootstrap()).exit.code).toBe(0);
    await shown('none', ({ dlq }) => dlq.total === 0 && dlq.latest.length === 0);
    await bury('in the new stream');
    const { latest } = await letterShown('the first one');
    expect(latest.map(({ reason }) => reason)).toEqual(['in the new stream']);
  });
});

describe('the bucket of feed states', () => {
  it('of a source that nobody declared bring it into the flow, for as long as they are there', async () => {
    await observer.feeds.put(feedStateKey('radio', 'news'), JSON.stringify(sampleFeed('news', { source: 'radio' })));
    const ofRadio = ({ flow, consumers }: BoardSnapshot): string[] => [
      ...flow.flatMap(({ source: name, worker }) => (name === 'radio' ? [worker] : [])),
      ...consumers.flatMap((row) => (row.consumer.startsWith('radio') && 'unknown' in row ? [row.consumer] : [])),
    ];
    const workers = ['radio-exporter', 'radio-consumer'];
    await shown('the source', (all) => ofRadio(all).join() === [...workers, ...workers].join());
    // What it may not read of the one holds up no other.
    await shown('the others', ({ consumers }) =>
      ['harbour-consumer', 'news-creator', 'news-monitor'].every((name) =>
        consumers.some((row) => row.consumer === name && !('unknown' in row)),
      ),
    );
    await observer.feeds.delete(feedStateKey('radio', 'news'));
    await shown('it to go', (all) => ofRadio(all).length === 0 && all.sources.length === 1);
  });

  it('is followed through removals, and when it was made anew', async () => {
    const shownFeeds = (): string[] => view.snapshot().sources.flatMap(({ feeds }) => feeds.map(({ feed }) => feed));
    const view = new Board();
    const connection = await cluster.connect('news-monitor');
    const readings = new FeedReadings(connection, { wholeEveryMs: 0 });
    const put = async (feed: string): Promise<void> => {
      await (await feedStates()).put(feedStateKey('harbour', feed), JSON.stringify(sampleFeed(feed)));
    };
    /** Read until it is so: the replica that answers may be a moment behind. */
    const follow = (what: string, feeds: readonly string[]) =>
      waitFor(what, SOON_MS, async () => {
        await readings.read(view);
        return JSON.stringify(shownFeeds()) === JSON.stringify(feeds);
      });
    // More than one answer holds, with a deletion in the middle, where an answer ends early.
    const many = Array.from({ length: 600 }, (_, index) => `feed-${String(index).padStart(3, '0')}`);
    await Promise.all(many.map(put));
    await (await feedStates()).delete(feedStateKey('harbour', 'one'));
    await put('two');
    await waitFor('all feeds', SOON_MS, async () => {
      await readings.read(view);
      return view.snapshot().sources[0]?.total === many.length + 1;
    });

    await observer.manager.streams.purge('KV_feeds', { filter: '$KV.feeds.harbour.two' });
    await put('feed-000');
    await waitFor('the feed to go', SOON_MS, async () => {
      await readings.read(view);
      return view.snapshot().sources[0]?.total === many.length;
    });

    await observer.manager.streams.delete('KV_feeds');
    expect((await cluster.bootstrap()).exit.code).toBe(0);
    await put('anew');
    await follow('the only feed of the new bucket', ['anew']);
  });
});

it('ends with 0 when told to stop', async () => {
  expect(await monitor.stop(20_000)).toEqual({ code: 0, signal: null });
});
