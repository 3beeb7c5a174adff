// Sources of X in odd cases, from the simulator to the database and the page: an edited post, and no token.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nanos } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import type { NewsItem, ProcessedNews } from '../../workers/contract/messages.ts';
import { NEWS_CREATOR, NEWS_MONITOR } from '../../workers/contract/roles.ts';
import {
  NEWS_PROCESSED,
  NEWS_RECEIVED,
  NEWS_STREAM,
  PROCESSED_STREAM,
  SOURCES_STREAM,
} from '../../workers/contract/subjects.ts';
import { TestDatabase } from '../../workers/news-creator/testing/database.ts';
import type { BoardSnapshot, SourceRow } from '../../workers/news-monitor/snapshot.ts';
import { startXSimulator, type XSimulator } from '../../workers/newsroom/x/x-simulator.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';
import { Observer } from '../support/observer.ts';

const SOON_MS = 60_000;
const TOKEN = { X_BEARER_TOKEN: 'newsroom' };
/** The shortest that the server allows. */
const WINDOW_MS = 100;

let simulator: XSimulator;
let cluster: TestCluster;
let database: TestDatabase;
let observer: Observer;

beforeAll(async () => {
  simulator = await startXSimulator({ maxConnections: 3 });
  const source = (name: string, rest: string): string =>
    `  ${name}: { kind: twitter, api: "${simulator.url}", rules: [{ value: ${name}, tag: all }]${rest} }`;
  const sources = [source('titled', ''), source('linked', ', identity: link'), source('idle', '')];
  [cluster, database] = await Promise.all([
    TestCluster.start(`sources:\n${sources.join('\n')}`, { extraIdentities: [OBSERVER] }),
    TestDatabase.start(),
  ]);
  const { exit, output } = await cluster.bootstrap();
  expect(exit.code, output).toBe(0);
  observer = await Observer.connect(cluster);
  for (const name of ['titled', 'linked']) {
    cluster.startDeclared(`${name}-exporter`, TOKEN);
    cluster.startDeclared(`${name}-consumer`);
  }
  cluster.startDeclared(NEWS_CREATOR, { MONGODB_URI: database.uri });
  await connected(2);
});
afterAll(async () => {
  await cluster?.stop();
  await database?.stop();
  await simulator?.close();
});

const connected = (connections: number): Promise<true> =>
  waitFor(`${connections} connections`, SOON_MS, () => simulator.connections.open === connections);
/** Waits until a consumer has settled so many messages, all that there ever were: it learns of each later than those that see it pass. */
const settled = (stream: string, consumer: string, messages: number): Promise<true> =>
  waitFor(`${consumer} to settle everything`, SOON_MS, async () => {
    const { num_pending, num_ack_pending, ack_floor } = await observer.manager.consumers.info(stream, consumer);
    return num_pending + num_ack_pending === 0 && ack_floor.stream_seq >= messages;
  });
const everStored = async (stream: string): Promise<number> =>
  (await observer.manager.streams.info(stream)).state.last_seq;

it('an edit that comes much later is the same document, by title and by link', async () => {
  const received: NewsItem[] = [];
  observer.connection.subscribe(NEWS_RECEIVED, { callback: (_, message) => received.push(message.json<NewsItem>()) });
  // Much later is when the server has forgotten the original's message id.
  await observer.manager.streams.update(SOURCES_STREAM, { duplicate_window: nanos(WINDOW_MS) });
  const originals = simulator.publish({ text: 'Brigde opens, titled' }, { text: 'Ferry sials, linked' });
  await waitFor('both to be news', SOON_MS, () => received.length === 2);
  const knownAtMs = performance.now();
  await waitFor('the window to pass', SOON_MS, () => performance.now() - knownAtMs > 10 * WINDOW_MS);
  const [titled, linked] = originals.map(({ id }) => id) as [string, string];
  simulator.edit(titled, 'Bridge opens, titled');
  simulator.edit(linked, 'Ferry sails, linked');
  await waitFor('both edits to be news', SOON_MS, () => received.length === 4);
  for (const [source, id] of [['titled', titled] as const, ['linked', linked] as const]) {
    const [original, edited, ...more] = received.filter((item) => item.source === source);
    expect(more).toEqual([]);
    expect(edited?.title).not.toBe(original?.title);
    expect(edited?.id).toBe(original?.id);
    expect([original?.link, edited?.link]).toEqual(Array(2).fill(`https://x.com/newsroom/status/${id}`));
  }
  expect(await everStored(SOURCES_STREAM)).toBe(4);

  await settled(NEWS_STREAM, NEWS_CREATOR, 4);
  const processed = (await observer.messages(NEWS_PROCESSED)).map(({ text }) => JSON.parse(text) as ProcessedNews);
  expect(processed.map(({ title }) => title).sort()).toEqual(['Brigde opens, titled', 'Ferry sials, linked']);
  expect(await everStored(NEWS_STREAM)).toBe(4);
  expect(await everStored(PROCESSED_STREAM)).toBe(2);
});

it('without a token a source is shown as such, stays, and goes on once there is one', async () => {
  const [port = 0] = await freePorts(1);
  cluster.startDeclared(NEWS_MONITOR, { HTTP_PORT: String(port), DATABASE: 'a database under test' });
  const row = (what: string, look: (row: SourceRow) => boolean): Promise<SourceRow> =>
    waitFor(what, SOON_MS, async () => {
      const board = (await (await fetch(`http://127.0.0.1:${port}/api/board`)).json()) as BoardSnapshot;
      return board.sources.find((each) => each.source === 'idle' && look(each));
    });
  const file = join(cluster.directory, 'token');
  const before = simulator.requests.length;
  const exporter = cluster.startDeclared('idle-exporter', { X_BEARER_TOKEN_FILE: file });
  const shown = await row('the source to be shown without a token', ({ failing }) => failing === 1);
  expect(shown.lastError).toMatchObject({ feed: 'stream', error: `no token: ${file} can't be read (ENOENT)` });
  expect(simulator.requests.length).toBe(before);
  // Others are not held up.
  const processed = await everStored(PROCESSED_STREAM);
  simulator.publish({ text: 'Another post, titled' });
  await waitFor('it to be processed', SOON_MS, async () => (await everStored(PROCESSED_STREAM)) === processed + 1);

  expect(exporter.exit).toBeUndefined();
  expect(exporter.lastLines(1_000).split('no token').length - 1).toBe(1);
  await writeFile(file, 'newsroom\n', { mode: 0o600 });
  await connected(3);
  expect(await row('the source to be shown at work', ({ active }) => active === 1)).toMatchObject({
    ...{ failing: 0, lastError: null },
  });
  expect(await exporter.stop(SOON_MS)).toEqual({ code: 0, signal: null });
});
