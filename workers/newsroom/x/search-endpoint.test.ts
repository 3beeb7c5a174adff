import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idAt } from './snowflake.ts';
import { ask } from './testing/x-client.ts';
import { startXSimulator, type XSimulator } from './x-simulator.ts';

const START = Date.UTC(2025, 10, 22, 12);
const DAY_MS = 86_400_000;
let now = START;
let x: XSimulator;

const search = (parameters: Record<string, string>) =>
  ask(x.url, `/2/tweets/search/recent?${new URLSearchParams(parameters)}`);
const idsOf = (body: { data?: { id: string }[] }): string[] => (body.data ?? []).map(({ id }) => id);

beforeEach(async () => {
  now = START;
  x = await startXSimulator({ now: () => now });
});
afterEach(() => x.close());

describe('recent search', () => {
  it('finds what matches and is newer than an id, newest first', async () => {
    const posts = x.archive(...['tram 1', 'bus 2', 'tram 3', 'tram 4'].map((text) => ({ text })));
    const [first, , third, fourth] = posts.map(({ id }) => id) as [string, string, string, string];
    const { status, body } = await search({ query: 'tram', since_id: first });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [
        { id: fourth, text: 'tram 4', edit_history_tweet_ids: [fourth] },
        { id: third, text: 'tram 3', edit_history_tweet_ids: [third] },
      ],
      meta: { newest_id: fourth, oldest_id: third, result_count: 2 },
    });
    expect((await search({ query: 'tram', since_id: fourth })).body).toEqual({ meta: { result_count: 0 } });
    expect(idsOf((await search({ query: 'tram', until_id: fourth })).body)).toEqual([third, first]);
  });

  it('comes in pages, each with the token of the next, which stays good', async () => {
    const ids = x.archive(...Array.from({ length: 25 }, (_, index) => ({ text: `tram ${index}` }))).map(({ id }) => id);
    const first = await search({ query: 'tram', since_id: ids[0] as string });
    expect(first.body.meta.result_count).toBe(10);
    const token = first.body.meta.next_token;
    x.archive({ text: 'tram, the latest' });
    const second = await search({ query: 'tram', since_id: ids[0] as string, next_token: token });
    const third = await search({
      query: 'tram',
      since_id: ids[0] as string,
      next_token: second.body.meta.next_token,
    });
    expect(third.body.meta.next_token).toBeUndefined();
    expect([first, second, third].flatMap(({ body }) => idsOf(body))).toEqual(ids.slice(1).reverse());
    const whole = await search({ query: 'tram', max_results: '100', sort_order: 'recency' });
    expect(whole.body.meta.result_count).toBe(26);
  });

  it('answers the fields asked for, as the stream does', async () => {
    x.archive({ text: 'tram #fast', language: 'fr' }, { text: 'tram' });
    const { body } = await search({
      query: 'tram',
      'tweet.fields': 'lang,entities,author_id',
      expansions: 'author_id',
      'user.fields': 'verified',
    });
    expect(body.data[1]).toMatchObject({ lang: 'fr', entities: { hashtags: [{ start: 5, end: 10, tag: 'fast' }] } });
    expect(body.includes.users).toEqual([
      { id: body.data[0].author_id, name: 'The newsroom', username: 'newsroom', verified: false },
    ]);
  });

  it('goes back seven days, by id and by time', async () => {
    const [post] = x.archive({ text: 'tram', id: idAt(START - DAY_MS) });
    const oldest = await search({ query: 'tram', since_id: idAt(START - 7 * DAY_MS) });
    expect(idsOf(oldest.body)).toEqual([post?.id]);
    const older = await search({ query: 'tram', since_id: idAt(START - 7 * DAY_MS - 1_000) });
    expect(older.status).toBe(400);
    expect(older.body).toMatchObject({
      errors: [
        {
          message: `'since_id' must be a tweet id created after 2025-11-15T12:00Z. Please use a 'since_id' that is larger than ${idAt(START - 7 * DAY_MS)}`,
        },
      ],
      title: 'Invalid Request',
    });
    expect(idsOf((await search({ query: 'tram', start_time: '2025-11-21T12:00:00Z' })).body)).toEqual([post?.id]);
    expect(idsOf((await search({ query: 'tram', start_time: '2025-11-21T12:00:01Z' })).body)).toEqual([]);
    expect(idsOf((await search({ query: 'tram', end_time: '2025-11-21T12:00:00Z' })).body)).toEqual([]);
    expect((await search({ query: 'tram', start_time: '2025-11-15T11:59:59Z' })).status).toBe(400);
    expect((await search({ query: 'tram', end_time: '2025-11-22T11:59:55Z' })).status).toBe(400);
  });

  it('misses the youngest posts where it lags, as the documentation says of the last 30 seconds', async () => {
    await x.close();
    x = await startXSimulator({ now: () => now, searchLagMs: 30_000 });
    const [post] = x.archive({ text: 'tram' });
    now += 29_000;
    expect((await search({ query: 'tram' })).body.meta.result_count).toBe(0);
    expect(idsOf((await search({ query: 'tram', end_time: '2025-11-22T12:00:19Z' })).body)).toEqual([post?.id]);
    now += 2_000;
    expect(idsOf((await search({ query: 'tram' })).body)).toEqual([post?.id]);
  });

  it.each([
    ['query', '', 'can not be empty'],
    ['query', 'a'.repeat(513), 'at most 512 characters'],
    ['query', 'near:here', "There were errors processing your request: Reference to invalid operator 'near'"],
    ['since_id', 'x', 'does not match ^[0-9]{1,19}$'],
    ['max_results', '9', 'is not between 10 and 100'],
    ['max_results', '101', 'is not between 10 and 100'],
    ['sort_order', 'age', 'is not one of [recency,relevancy]'],
    ['next_token', 'x', 'is not a valid token'],
    ['tweet.fields', 'colour', 'is not one of [article,attachments,author_id'],
    ['expansions', 'author', 'is not one of ['],
    ['count', '5', 'The query parameter [count] is not one of ['],
  ])('refuses %s=%s', async (name, value, message) => {
    const { status, body } = await search({ query: 'tram', [name]: value });
    expect([status, body.title]).toEqual([400, 'Invalid Request']);
    expect(body.errors).toEqual([{ parameters: { [name]: [value] }, message: expect.stringContaining(message) }]);
  });
});
