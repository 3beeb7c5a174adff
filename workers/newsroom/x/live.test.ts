import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { normaliseTitle } from '../../contract/identity.ts';
import { liveFeed } from '../live.ts';
import { AGENCY } from '../papers.ts';
import { type Newsroom, startNewsroom } from '../server.ts';
import { LIVE_HASHTAG, livePost, livePostNumbers, postIntervalMs } from './live-posts.ts';
import { titleOf } from './testing/title.ts';
import { ask, changeRules, connect, type StreamObject, until } from './testing/x-client.ts';

const START = Date.UTC(2025, 10, 22, 12);
const LIVE = { seed: 'newsroom', intervalMs: 1_500 };
const MINUTE_MS = 60_000;
const BASE = 'http://news.example';
const RECENT = `/2/tweets/search/recent?max_results=100&query=%23${LIVE_HASHTAG}`;

describe('the live posts', () => {
  const posts = livePostNumbers(START - 60 * MINUTE_MS, START, LIVE).map((number) => livePost(number, BASE, LIVE));

  it('follow from the seed and the clock, one every few seconds', () => {
    expect(posts).toHaveLength((60 * MINUTE_MS) / postIntervalMs(LIVE));
    const again = livePostNumbers(START - 60 * MINUTE_MS, START, LIVE).map((number) => livePost(number, BASE, LIVE));
    expect(again).toEqual(posts);
    const [number] = livePostNumbers(START - 2 * postIntervalMs(LIVE), START, LIVE) as [number];
    expect(livePost(number, BASE, { ...LIVE, seed: 'other' }).text).not.toBe(livePost(number, BASE, LIVE).text);
  });

  it('repeat titles of the agency soon after it, each once, and are news of their own otherwise', () => {
    const agency = Array.from(
      { length: 70 },
      (_, step) => liveFeed(AGENCY.name, START - step * MINUTE_MS, LIVE).stories,
    );
    const known = new Set(agency.flat().map(({ title }) => normaliseTitle(title)));
    const titles = posts.map(({ text }) => normaliseTitle(titleOf(text)));
    const repeated = titles.filter((title) => known.has(title));
    expect(repeated.length / titles.length).toBeCloseTo(1 / 3, 1);
    expect(new Set(repeated).size).toBeGreaterThan(repeated.length * 0.98);
  });

  it('have hashtags, links, French ones, long ones, and many accounts with names that X allows', () => {
    expect(posts.every(({ text }) => text.includes(`#${LIVE_HASHTAG}`))).toBe(true);
    const share = (count: number): number => count / posts.length;
    expect(share(posts.filter(({ text }) => text.includes(`${BASE}/articles/`)).length)).toBeGreaterThan(0.5);
    expect(share(posts.filter(({ language }) => language === 'fr').length)).toBeGreaterThan(0.03);
    const long = posts.filter(({ text }) => [...text].length > 400).length;
    expect(share(long)).toBeGreaterThan(0.04);
    expect(share(long)).toBeLessThan(0.2);
    const names = new Set(posts.map(({ author }) => author?.username ?? ''));
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_]{4,15}$/);
    expect(new Set(posts.map(({ author }) => author?.id)).size).toBe(names.size);
  });
});

describe('the newsroom’s X side', () => {
  let now = START;
  let newsroom: Newsroom;

  beforeEach(async () => {
    now = START;
    newsroom = await startNewsroom({ host: '127.0.0.1', port: 0, now: () => now, editionItems: 50 });
  });
  afterEach(() => newsroom.close());

  it('answers under the newsroom’s own address, with the token newsroom', async () => {
    expect((await ask(newsroom.url, RECENT, { headers: {} })).status).toBe(401);
    const { status, body } = await ask(newsroom.url, RECENT);
    expect([status, body.meta.result_count]).toEqual([200, 100]);
    expect((await fetch(`${newsroom.url}/world.rss`)).status).toBe(200);
  });

  it('posts while somebody is connected; a search finds what was posted meanwhile', async () => {
    expect((await changeRules(newsroom.url, { add: [{ value: `#${LIVE_HASHTAG}`, tag: 'news' }] })).status).toBe(201);
    const stream = await connect(
      newsroom.url,
      '?tweet.fields=entities,created_at,note_tweet,lang&expansions=author_id',
    );
    now += 5 * postIntervalMs(LIVE);
    await until(() => stream.objects.length === 5);
    newsroom.x.disconnect();
    await until(() => stream.ended !== undefined);
    now += 3 * postIntervalMs(LIVE);
    const last = stream.ids.at(-1) as string;
    const found = await ask(newsroom.url, `${RECENT}&since_id=${last}`);
    expect(found.body.meta.result_count).toBe(3);

    const again = await connect(newsroom.url);
    now += 2 * postIntervalMs(LIVE);
    await until(() => again.objects.length === 2);
    const all = await ask(newsroom.url, `${RECENT}&since_id=${stream.ids[0]}`);
    const seen = [
      ...stream.ids.slice(1),
      ...found.body.data.map(({ id }: { id: string }) => id).reverse(),
      ...again.ids,
    ];
    expect(all.body.data.map(({ id }: { id: string }) => id).reverse()).toEqual(seen);
  });

  it('links to articles that there are', async () => {
    const { body } = await ask(newsroom.url, `${RECENT}&tweet.fields=entities,note_tweet`);
    type Entities = { urls?: { expanded_url: string }[] };
    const links = body.data.flatMap(
      ({
        entities,
        note_tweet: note,
      }: StreamObject['data'] & {
        entities?: Entities;
        note_tweet?: { entities: Entities };
      }) => (note?.entities ?? entities)?.urls?.map((url) => url.expanded_url) ?? [],
    );
    expect(links.length).toBeGreaterThan(50);
    expect(links.some((link: string) => link.includes('/articles/x-'))).toBe(true);
    for (const link of links) expect((await fetch(link)).status, link).toBe(200);
  });

  it('closes with a stream open', async () => {
    await changeRules(newsroom.url, { add: [{ value: `#${LIVE_HASHTAG}` }] });
    const stream = await connect(newsroom.url);
    await newsroom.close();
    await until(() => stream.ended === 'clean');
  });
});
