// A source of X at full pace: simulator, exporter and consumer as processes on a real cluster, with a broken connection midway.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import type { NewsItem } from '../../workers/contract/messages.ts';
import { NEWS_RECEIVED, NEWS_STREAM, SOURCES_STREAM } from '../../workers/contract/subjects.ts';
import { startXSimulator, type XSimulator } from '../../workers/newsroom/x/x-simulator.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';
import { Observer } from '../support/observer.ts';

const SOON_MS = 60_000;
const PER_SECOND = 250;
const SECONDS = 20;
const POSTS = PER_SECOND * SECONDS;
/** From this second on memory must stay where it is: what is loaded on first use has been loaded. */
const WARM_SECOND = 5;
/** With room to spare the collector is lazy, and garbage would look like a leak: given little, it keeps what is in use. */
const LITTLE_ROOM = '--max-old-space-size=48';
/** What a catch-up of some thousand posts, a hundred at a time, may add. */
const MAX_GROWTH_BYTES = 16 * 1_024 * 1_024;

let simulator: XSimulator;
let cluster: TestCluster;
let observer: Observer;

beforeAll(async () => {
  simulator = await startXSimulator({ pieces: { seed: 'full pace', min: 1, max: 4_000 } });
  cluster = await TestCluster.start(
    `sources: { x: { kind: twitter, api: "${simulator.url}", rules: [{ value: news, tag: news }] } }`,
    { extraIdentities: [OBSERVER] },
  );
  const { exit, output } = await cluster.bootstrap();
  expect(exit.code, output).toBe(0);
  observer = await Observer.connect(cluster);
});
afterAll(async () => {
  await cluster?.stop();
  await simulator?.close();
});

/** The samples of a metric, by their labels as written. */
async function readMetric(port: number, name: string): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const samples = text.matchAll(new RegExp(`^${name}(?:\\{([^}]*)\\})? (\\S+)$`, 'gm'));
  return new Map([...samples].map(([, labels = '', value]) => [labels, Number(value)]));
}

it(`loses nothing at ${PER_SECOND} posts/s for ${SECONDS} s, and stays in memory`, { timeout: 240_000 }, async () => {
  const [port = 0] = await freePorts(1);
  const consumer = cluster.startDeclared('x-consumer');
  const exporter = cluster.startDeclared('x-exporter', {
    X_BEARER_TOKEN: 'newsroom',
    HTTP_PORT: String(port),
    NODE_OPTIONS: LITTLE_ROOM,
  });
  await waitFor('the stream to be followed', SOON_MS, () => simulator.connections.open === 1);

  const memory: Promise<number>[] = [];
  const residentBytes = async (): Promise<number> =>
    [...(await readMetric(port, 'process_resident_memory_bytes')).values()][0] ?? Number.NaN;
  const posts = await simulator.burst(POSTS, PER_SECOND, (index) => {
    if (index % PER_SECOND === 0) memory.push(residentBytes());
    if (index === POSTS / 2) simulator.disconnect('torn');
    return { text: `News number ${index}: ${'of the day '.repeat(1 + (index % 20))}https://papers.example/${index}` };
  });
  memory.push(residentBytes());
  const bytes = await Promise.all(memory);

  await waitFor('all posts to be news', SOON_MS, async () => (await observer.count(NEWS_STREAM)) >= POSTS);
  await waitFor('the consumer to settle everything', SOON_MS, async () => {
    const info = await observer.manager.consumers.info(SOURCES_STREAM, 'x-consumer');
    return info.num_pending + info.num_ack_pending === 0;
  });
  // Raw posts are gone once they are news; the sequence says how many were ever stored.
  const { last_seq: raw } = (await observer.manager.streams.info(SOURCES_STREAM)).state;
  const news = (await observer.messages(NEWS_RECEIVED)).map(({ text }) => JSON.parse(text) as NewsItem);
  const outcomes = await readMetric(port, 'newsjet_stream_posts_total');
  const growth = Math.max(...bytes.slice(WARM_SECOND)) - (bytes[WARM_SECOND] as number);
  console.log({
    ...{ posts: posts.length, raw, news: news.length, connections: simulator.connections.ever },
    ...{ residentMb: bytes.map((each) => Math.round(each / 1e6)), growthMb: growth / 1e6 },
    outcomes: Object.fromEntries(outcomes),
  });

  expect(posts).toHaveLength(POSTS);
  expect(raw).toBe(POSTS);
  expect(news.map(({ link }) => link).sort()).toEqual(
    posts.map(({ id }) => `https://x.com/newsroom/status/${id}`).sort(),
  );
  expect(new Set(news.map(({ id }) => id)).size).toBe(POSTS);
  expect(await observer.deadLetters('x-consumer')).toEqual([]);
  expect(simulator.connections).toMatchObject({ ever: 2, mostAtOnce: 1 });
  expect(bytes).toHaveLength(SECONDS + 1);
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  for (const child of [exporter, consumer]) expect(await child.stop(SOON_MS)).toEqual({ code: 0, signal: null });
});
