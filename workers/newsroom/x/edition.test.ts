import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { newsId } from '../../contract/identity.ts';
import { buildEdition, describeEdition, editionDefinition } from '../edition.ts';
import { type Newsroom, startNewsroom } from '../server.ts';
import { EDITION_RULES } from './edition-posts.ts';
import { titleOf } from './testing/title.ts';
import { ask, changeRules, connect, type StreamObject, until } from './testing/x-client.ts';

const idOf = (title: string): string => newsId('title', { title, link: '' });
const edition = buildEdition({ posts: 500 });
const feedIds = new Set(edition.feeds.flatMap(({ stories }) => stories.map(({ title }) => idOf(title))));

describe('the edition with posts', () => {
  it('has 500, of which exactly 50 repeat a title of the feeds', () => {
    const { ids, ...figures } = edition.figures;
    expect(figures).toEqual({ raw: 10 + 5 + 500, received: 1_500, stored: 1_250, processed: 1_250, dlq: 5 });
    const repeated = edition.posts.filter(({ text }) => feedIds.has(idOf(titleOf(text))));
    expect(repeated).toHaveLength(50);
    expect(repeated.every(({ repeats }) => repeats)).toBe(true);
    const titles = new Set([...feedIds, ...edition.posts.map(({ text }) => idOf(titleOf(text)))]);
    expect([...titles].sort()).toEqual(ids);
  });

  it('has titles that need no shortening, and the same feeds as without posts', () => {
    for (const { text, title } of edition.posts) {
      expect(titleOf(text)).toBe(title);
      expect([...title].length).toBeLessThanOrEqual(140);
    }
    expect(edition.feeds).toEqual(buildEdition().feeds);
  });

  it('has titles repeated in other typography', () => {
    const repeated = edition.posts.filter(({ repeats }) => repeats);
    expect(repeated.every(({ title, story }) => title !== story.title)).toBe(true);
  });

  it('is the same each time', () => {
    expect(buildEdition({ posts: 500 })).toEqual(edition);
  });

  it('says so in edition.json and edition.yaml', () => {
    expect(describeEdition(edition).posts).toBe(500);
    expect(parse(editionDefinition(edition)).sources.twitter).toEqual({
      kind: 'twitter',
      api: 'newsroom:/',
      rules: EDITION_RULES,
    });
    expect(parse(editionDefinition(buildEdition())).sources).not.toHaveProperty('twitter');
  });

  it('can have more or fewer posts, a tenth of them repeated', () => {
    const { figures } = buildEdition({ items: 50, posts: 100 });
    expect([figures.received, figures.stored]).toEqual([150, 40 + 90]);
    expect(() => buildEdition({ posts: 55 })).toThrow(
      "can't have 55 posts: allowed are multiples of 10 from 0 to 8000",
    );
    expect(() => buildEdition({ items: 50, posts: 500 })).toThrow('from 0 to 400');
  });
});

describe('the edition’s posts over HTTP', () => {
  let newsroom: Newsroom;
  beforeEach(async () => {
    newsroom = await startNewsroom({ host: '127.0.0.1', port: 0, editionPosts: 500, editionPostsPerSecond: 1_000 });
  });
  afterEach(() => newsroom.close());

  it('come to a reader who looks for what a disconnect in the middle cost, each once', async () => {
    // Rules that come after the connection are waited for.
    newsroom.x.addRules([{ value: 'unrelated' }]);
    const fields = 'tweet.fields=note_tweet,lang';
    const stream = await connect(newsroom.url, `?${fields}`);
    expect((await changeRules(newsroom.url, { add: EDITION_RULES })).status).toBe(201);
    await until(() => stream.ended !== undefined);
    expect([stream.ended, stream.objects.length]).toEqual(['clean', 251]);
    expect(stream.objects[250]?.errors).toMatchObject([{ title: 'operational-disconnect' }]);

    const again = await connect(newsroom.url, `?${fields}`);
    await until(() => again.objects.length === 200);
    const missed = [];
    for (const { value } of EDITION_RULES) {
      const query = new URLSearchParams({
        query: value,
        since_id: stream.ids[249] as string,
        until_id: again.ids[0] as string,
        max_results: '100',
      });
      const { body } = await ask(newsroom.url, `/2/tweets/search/recent?${query}&${fields}`);
      missed.push(...(body.data ?? []));
    }
    expect(missed).toHaveLength(50);

    type Data = StreamObject['data'] & { note_tweet?: { text: string } };
    const data = [...stream.objects.slice(0, 250), ...again.objects].map((object) => object.data as Data);
    const posts = [...data, ...(missed as Data[])].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    const read = posts.map((post) => titleOf((post.note_tweet?.text ?? post.text).replaceAll('&amp;', '&')));
    expect(read).toEqual(edition.posts.map(({ title }) => title));
    for (const { matching_rules: rules } of again.objects) expect(rules).toHaveLength(1);
    expect(newsroom.x.connections).toEqual({ open: 1, ever: 2, mostAtOnce: 1 });
  });

  it('wait while nobody is connected, and none is left out', async () => {
    await newsroom.close();
    newsroom = await startNewsroom({ host: '127.0.0.1', port: 0, editionPosts: 500, editionPostsPerSecond: 200 });
    newsroom.x.addRules(EDITION_RULES);
    const stream = await connect(newsroom.url);
    await until(() => stream.objects.length >= 20);
    await stream.close();
    await until(() => newsroom.x.connections.open === 0);
    let count = 0;
    const query = new URLSearchParams({ query: '#NewsroomEdition', max_results: '100' });
    let token: string | undefined;
    do {
      const { body } = await ask(newsroom.url, `/2/tweets/search/recent?${query}`);
      count += body.meta.result_count;
      token = body.meta.next_token;
      if (token) query.set('next_token', token);
    } while (token);
    const again = await connect(newsroom.url);
    await until(() => again.objects.length >= 1);
    const next = edition.posts[count];
    const text = again.objects[0]?.data?.text.replaceAll('&amp;', '&') ?? '';
    expect(titleOf(text)).toBe(next?.title);
  });

  it('link to articles that there are', async () => {
    for (const { story } of edition.posts.slice(0, 20)) {
      expect((await fetch(`${newsroom.url}/articles/${story.id}`)).status, story.id).toBe(200);
    }
  });
});
