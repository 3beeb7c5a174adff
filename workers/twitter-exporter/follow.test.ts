// An exporter's following against the simulated API over real HTTP; waits are leapt over, and what was waited is looked at.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { LeaseLostError } from '../runtime/lease.ts';
import { Harness, type HarnessOptions, SOON_MS } from './testing/harness.ts';

const RULES = [{ value: 'news', tag: 'news', line: 7 }];
const TIMING = { keepAliveMs: 150, marginMs: 150 };

let harness: Harness;
afterEach(() => harness?.stop());

async function start(options: HarnessOptions = {}, rules = RULES): Promise<Harness> {
  harness = await Harness.start(options);
  harness.follow(rules);
  return harness;
}

const post = (count: number, text = 'news') =>
  harness.simulator.publish(...Array.from({ length: count }, (_, index) => ({ text: `${text} ${index}` })));
const archive = (count: number) =>
  harness.simulator.archive(...Array.from({ length: count }, (_, index) => ({ text: `missed news ${index}` })));
const published = (count: number) =>
  waitFor(`${count} posts to be published`, SOON_MS, () => harness.published.length >= count);
const searches = () => harness.simulator.requests.filter(({ endpoint }) => endpoint === 'search');
const streams = () => harness.simulator.requests.filter(({ endpoint }) => endpoint === 'stream');

describe('the stream', () => {
  it('is asked for all that news are made of, as the app', async () => {
    await start();
    await harness.connected();
    const [request] = streams();
    expect(request).toMatchObject({ path: '/2/tweets/search/stream', authorization: 'accepted', status: 200 });
    expect(request?.parameters['tweet.fields']).toContain('created_at');
    expect(request?.parameters.expansions).toContain('author_id');
  });

  it.each([1, 3, 64])('is published post by post when it comes in pieces of %i bytes', async (size) => {
    await start({ simulator: { pieces: size } });
    await harness.connected();
    const posts = post(20, 'news наука 漢字 🚀 é');
    await published(20);
    expect(harness.publishedIds()).toEqual(posts.map(({ id }) => id));
    expect(harness.published[0]?.messageId).toBe(`x.${posts[0]?.id}`);
    const { data, includes, matching_rules } = JSON.parse(harness.published[3]?.data ?? '');
    expect(data.text).toBe('news наука 漢字 🚀 é 3');
    expect(includes.users[0].username).toBe('newsroom');
    expect(matching_rules[0].tag).toBe('newsjet.x.news');
  });

  it('that is quiet is held by its keep-alives', async () => {
    // So long that a machine that is busy does not make a silence of what comes in time.
    await start({ simulator: { keepAliveMs: 50 }, tools: { timing: { keepAliveMs: 2_000, marginMs: 2_000 } } });
    await harness.connected();
    const startedAt = performance.now();
    await waitFor('more than the longest silence', SOON_MS, () => performance.now() - startedAt > 6_000);
    expect(harness.simulator.connections.ever).toBe(1);
  });

  it('that falls silent without a word is connected anew', async () => {
    await start({ simulator: { keepAliveMs: 50 }, tools: { timing: TIMING } });
    await harness.connected();
    harness.simulator.goSilent();
    await harness.connected(2);
    const state = await harness.stateWith(({ lastError }) => lastError !== null);
    expect(state.lastError).toBe('/2/tweets/search/stream: nothing came for 300 ms, not even a keep-alive');
    expect(harness.simulator.connections.mostAtOnce).toBeLessThanOrEqual(2);
  });

  it('brings posts of rules that are not ours, which are left out', async () => {
    harness = await Harness.start();
    harness.simulator.addRules([{ value: 'weather', tag: 'somebody else' }]);
    harness.follow(RULES);
    await harness.connected();
    harness.simulator.publish({ text: 'weather one' }, { text: 'news one' }, { text: 'weather two' });
    await published(1);
    harness.simulator.publish({ text: 'weather and news' });
    await published(2);
    expect(harness.published.map(({ data }) => JSON.parse(data).data.text)).toEqual(['news one', 'weather and news']);
  });

  it('may repeat and edit posts, which are the same news', async () => {
    await start();
    await harness.connected();
    const [first] = post(1);
    const id = first?.id as string;
    harness.simulator.redeliver(id);
    harness.simulator.edit(id, 'news, corrected');
    await waitFor('both to be found out', SOON_MS, () => harness.duplicates.length === 2);
    expect(harness.published).toHaveLength(1);
    expect(harness.duplicates).toEqual([`x.${id}`, `x.${id}`]);
  });
});

describe('a failure', () => {
  it('of the network climbs by 250 ms', async () => {
    harness = await Harness.start();
    harness.simulator.failNext('stream', { status: 'reset', times: 4 });
    harness.follow(RULES);
    await harness.connected();
    expect(harness.waits.slice(0, 4)).toEqual([250, 500, 750, 1_000]);
  });

  it('of HTTP doubles from 5 s, and says so', async () => {
    harness = await Harness.start();
    harness.simulator.failNext('stream', { status: 503, times: 4 });
    harness.follow(RULES);
    await harness.connected();
    expect(harness.waits.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000]);
    const failed = harness.states.filter(({ connection }) => connection === 'reconnecting');
    expect(failed.at(-1)).toMatchObject({
      status: 'failing',
      failures: 4,
      lastError: '/2/tweets/search/stream: 503 Service Unavailable',
    });
  });

  it('for too many requests waits a minute at least, and never less than it is told', async () => {
    harness = await Harness.start();
    const reset = (atMs: number) => ({ 'x-rate-limit-reset': String(Math.ceil(atMs / 1_000)) });
    const startedAtMs = harness.clock.now();
    harness.simulator.failNext('stream', { status: 429, headers: reset(startedAtMs + 1_000) });
    harness.simulator.failNext('stream', { status: 429, headers: reset(startedAtMs + 600_000) });
    harness.follow(RULES);
    await harness.connected();
    expect(harness.waits[0]).toBe(60_000);
    // Only waits make its clock leap.
    expect(harness.clock.now()).toBeGreaterThanOrEqual(startedAtMs + 600_000);
    expect(harness.states.some(({ connection }) => connection === 'rateLimited')).toBe(true);
  });

  it('is forgotten after data, not after connecting', async () => {
    await start();
    for (let times = 1; times <= 3; times++) {
      await harness.connected(times);
      harness.simulator.disconnect();
    }
    await harness.connected(4);
    const quiet = harness.waits.filter((ms) => ms < 2_000);
    post(1);
    await published(1);
    harness.simulator.disconnect();
    await harness.connected(5);
    expect(quiet).toEqual([250, 500, 750]);
    expect(harness.waits.filter((ms) => ms < 2_000)).toEqual([250, 500, 750, 250]);
  });

  it.each(['clean', 'abrupt', 'torn', { error: 'upstream' }] as const)(
    'of the stream (%j) costs no post',
    async (how) => {
      await start();
      await harness.connected();
      post(5);
      await published(5);
      harness.simulator.disconnect(how);
      const missed = archive(3);
      await harness.connected(2);
      post(5);
      await published(13);
      expect(new Set(harness.publishedIds()).size).toBe(13);
      expect(harness.publishedIds()).toEqual(expect.arrayContaining(missed.map(({ id }) => id)));
      expect(harness.waits[0]).toBe(250);
    },
  );

  it('because another is connected has a name, and is left again', async () => {
    harness = await Harness.start();
    harness.simulator.addRules([{ value: 'weather' }]);
    const other = new AbortController();
    const address = `${harness.simulator.url}/2/tweets/search/stream`;
    await fetch(address, { headers: { authorization: 'Bearer newsroom' }, signal: other.signal });
    harness.longestLeapMs = 60_000;
    harness.follow(RULES);
    const state = await harness.stateWith(({ failures }) => failures === 2);
    expect(state).toMatchObject({ connection: 'tooManyConnections', status: 'failing' });
    expect(state.lastError).toMatch(/^TooManyConnections: .*maximum allowed connection limit/);
    expect(harness.waits).toEqual([60_000, 120_000]);
    expect(streams()).toHaveLength(3);
    other.abort();
  });
});

describe('the token', () => {
  let directory: string;
  const withFile = async (text: string | null): Promise<string> => {
    directory = await mkdtemp(join(tmpdir(), 'newsjet-token-'));
    const file = join(directory, 'token');
    if (text !== null) await writeFile(file, text);
    return file;
  };
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('that is missing is said once, and waited for', async () => {
    const tokenFile = await withFile(null);
    await start({ tokenFile });
    const state = await harness.stateWith(({ connection }) => connection === 'noToken');
    expect(state.lastError).toBe(`no token: ${tokenFile} can't be read (ENOENT)`);
    await waitFor('some looks', SOON_MS, () => harness.waits.length > 5);
    expect(harness.logged(state.lastError ?? '')).toBe(1);
    expect(harness.simulator.requests).toEqual([]);
    await writeFile(tokenFile, 'newsroom\n');
    await harness.connected();
  });

  it('that is refused stops everything until there is another', async () => {
    const tokenFile = await withFile('old');
    await start({ tokenFile });
    const state = await harness.stateWith(({ connection }) => connection === 'tokenRefused');
    expect(state.lastError).toMatch(/^the token is refused: .*401 Unauthorized.*; another is waited for$/);
    const looks = harness.waits.length;
    await waitFor('more looks', SOON_MS, () => harness.waits.length > looks + 5);
    expect(harness.simulator.requests).toHaveLength(1);
    await writeFile(tokenFile, 'newsroom');
    await harness.connected();
    post(1);
    await published(1);
    expect(harness.state).toMatchObject({ connection: 'connected', lastError: null });
    expect(JSON.stringify([harness.states, harness.recording.lines])).not.toContain('newsroom"');
  });

  it('that is withdrawn from a stream is found out when that ends', async () => {
    const tokenFile = await withFile('newsroom');
    await start({ tokenFile });
    await harness.connected();
    harness.simulator.acceptTokens(['new']);
    await writeFile(tokenFile, 'new');
    harness.simulator.disconnect();
    await harness.connected(2);
  });
});

describe('a gap', () => {
  it('is searched from the last post on, page by page', async () => {
    await start();
    await harness.connected();
    const [last] = post(3).slice(-1);
    await published(3);
    harness.simulator.disconnect();
    archive(250);
    await harness.connected(2);
    await published(253);
    const [first] = searches();
    expect(first?.parameters).toMatchObject({ query: 'news', max_results: '100' });
    expect(BigInt(first?.parameters.since_id ?? 0) < BigInt(last?.id ?? 0)).toBe(true);
    expect(searches().filter(({ parameters }) => !parameters.end_time)).toHaveLength(3);
  });

  it('is looked at again when the search has caught up', async () => {
    await start({ simulator: { searchLagMs: 30_000 } });
    await harness.connected();
    post(1);
    await published(1);
    harness.simulator.disconnect();
    const [missed] = archive(1);
    await harness.connected(2);
    await published(2);
    expect(harness.publishedIds().at(-1)).toBe(missed?.id);
    expect(harness.waits).toContain(45_000);
  });

  it('keeps its beginning until it is filled, whatever comes meanwhile', async () => {
    await start();
    await harness.connected();
    const [last] = post(1);
    await published(1);
    harness.simulator.disconnect();
    archive(1);
    harness.simulator.failNext('search', { status: 503, times: 3 });
    harness.longestLeapMs = 10_000;
    await harness.connected(2);
    post(5, 'later news');
    await published(6);
    await waitFor('the third failure', SOON_MS, () => harness.waits.includes(20_000));
    await harness.stop();
    expect(harness.state?.lastId).toBe(last?.id);
  });

  it('is filled by the next process, from what the last one left', async () => {
    harness = await Harness.start();
    const [known, ...missed] = archive(3);
    const url = `${harness.simulator.url}/2/tweets/search/stream`;
    const completeUntil = new Date(harness.clock.now()).toISOString();
    harness.remember({ source: 'x', feed: 'stream', url, lastId: known?.id, completeUntil });
    harness.leap(60_000);
    harness.follow(RULES);
    await published(2);
    expect(harness.publishedIds()).toEqual(expect.arrayContaining(missed.map(({ id }) => id)));
    const state = await harness.stateWith(({ lastId }) => lastId === missed[1]?.id);
    expect(state.unfilled).toBeNull();
  });

  it('older than the search reaches is filled as far as that goes', async () => {
    harness = await Harness.start();
    const [known] = archive(1);
    const url = `${harness.simulator.url}/2/tweets/search/stream`;
    const completeUntil = new Date(harness.clock.now()).toISOString();
    harness.remember({ source: 'x', feed: 'stream', url, lastId: known?.id, completeUntil });
    harness.leap(9 * 86_400_000);
    const [reachable] = archive(1);
    harness.leap(60_000);
    harness.follow(RULES);
    await published(1);
    expect(harness.publishedIds()).toEqual([reachable?.id]);
    expect(searches()[0]?.parameters.start_time).toBeDefined();
  });

  it('from a post that the search does not know is filled by time', async () => {
    await start();
    await harness.connected();
    post(1);
    await published(1);
    harness.simulator.disconnect();
    const [missed] = archive(1);
    harness.simulator.failNext('search', { status: 400 });
    await published(2);
    expect(harness.publishedIds().at(-1)).toBe(missed?.id);
    expect(
      searches()
        .map(({ parameters }) => 'since_id' in parameters)
        .slice(0, 2),
    ).toEqual([true, false]);
  });

  it('that the search refuses to fill is said, and closed', async () => {
    await start();
    await harness.connected();
    post(1);
    await published(1);
    harness.simulator.disconnect();
    harness.simulator.failNext('search', { status: 403, times: 2 });
    const state = await harness.stateWith(({ unfilled }) => unfilled !== null);
    expect(state.unfilled).toMatch(/^rule news: \/2\/tweets\/search\/recent: 403 Forbidden/);
    const [next] = post(1);
    await harness.stateWith(({ lastId }) => lastId === next?.id);
    expect(harness.logged('posts may be missing')).toBe(1);
  });

  it('is none before the first connection', async () => {
    await start();
    await harness.connected();
    await harness.stateWith(({ connection }) => connection === 'connected');
    expect(searches()).toEqual([]);
  });
});

describe('posts that come faster than they become durable', () => {
  it('end the connection, and none is lost', async () => {
    await start({ tools: { limits: { maxPosts: 50 } } });
    await harness.connected();
    post(5);
    await published(5);
    let open = (): void => {};
    harness.gate = new Promise((resolve) => {
      open = resolve;
    });
    post(200, 'more news');
    const state = await harness.stateWith(({ connection }) => connection === 'behind');
    expect(state.status).toBe('failing');
    expect(harness.published).toHaveLength(5);
    open();
    harness.gate = Promise.resolve();
    await published(205);
    expect(new Set(harness.publishedIds()).size).toBe(205);
  });
});

describe('the end', () => {
  it('comes after what had arrived is published, and the state says how far', async () => {
    await start();
    await harness.connected();
    post(1);
    await published(1);
    let open = (): void => {};
    harness.gate = new Promise((resolve) => {
      open = resolve;
    });
    const posts = post(10);
    await waitFor('the posts to arrive', SOON_MS, () => harness.asked === 11);
    const stopped = harness.stop();
    await waitFor('the connection to end', SOON_MS, () => harness.simulator.connections.open === 0);
    expect(harness.published).toHaveLength(1);
    open();
    await stopped;
    expect(harness.publishedIds().slice(1)).toEqual(posts.map(({ id }) => id));
    expect(harness.state).toMatchObject({ connection: 'stopped', lastId: posts.at(-1)?.id, nextPollAt: null });
  });

  it('by a lost lease cuts the connection and leaves the state to others', async () => {
    await start();
    await harness.connected();
    await harness.stateWith(({ connection }) => connection === 'connected');
    const stopping = harness.stop(new LeaseLostError('another holds it'));
    await waitFor('the connection to be cut', SOON_MS, () => harness.simulator.connections.open === 0);
    await stopping;
    expect(harness.states.some(({ connection }) => connection === 'stopped')).toBe(false);
  });
});
