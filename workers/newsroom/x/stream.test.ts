import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idAt, timeOfId } from './snowflake.ts';
import { ask, connect, type Stream, until } from './testing/x-client.ts';
import { startXSimulator, type XSimulator, type XSimulatorOptions } from './x-simulator.ts';

let x: XSimulator;
const start = async (options: XSimulatorOptions = {}): Promise<void> => {
  await x?.close();
  x = await startXSimulator(options);
  x.addRules([{ value: 'tram', tag: 'trams' }]);
};
const received = async (stream: Stream, count: number) => {
  await until(() => stream.objects.length >= count);
  return stream.objects;
};

beforeEach(() => start());
afterEach(() => x.close());

describe('the stream', () => {
  it('has the posts that match a rule, from the connection on, with all rules that they match', async () => {
    x.addRules([{ value: 'depot' }]);
    const [tram, depot] = x.rules;
    x.publish({ text: 'tram before' });
    const stream = await connect(x.url);
    expect([stream.status, stream.headers['transfer-encoding']]).toEqual([200, 'chunked']);
    const [, one, both] = x.publish({ text: 'bus' }, { text: 'tram' }, { text: 'tram depot' });
    expect(await received(stream, 2)).toEqual([
      {
        data: { id: one?.id, text: 'tram', edit_history_tweet_ids: [one?.id] },
        matching_rules: [{ id: tram?.id, tag: 'trams' }],
      },
      {
        data: { id: both?.id, text: 'tram depot', edit_history_tweet_ids: [both?.id] },
        matching_rules: [{ id: tram?.id, tag: 'trams' }, { id: depot?.id }],
      },
    ]);
    expect(stream.text).toMatch(/\}\r\n$/);
  });

  it('follows the rules as they change, without a new connection', async () => {
    const stream = await connect(x.url);
    x.publish({ text: 'ferry 1' });
    x.addRules([{ value: 'ferry' }]);
    x.publish({ text: 'ferry 2' });
    const [object] = await received(stream, 1);
    expect(object?.data?.text).toBe('ferry 2');
  });

  it('has exactly the fields that were asked for', async () => {
    const author = { id: '12', username: 'QuayAndFerry', name: 'Quay & Ferry', description: 'Timetables' };
    const fields = 'created_at,lang,entities,note_tweet,conversation_id,edit_controls';
    const stream = await connect(x.url, `?tweet.fields=${fields}&expansions=author_id&user.fields=description`);
    const id = idAt(Date.UTC(2025, 10, 22, 12, 0, 0, 789));
    x.publish({ id, text: 'Le tram 🚋 <3 & @moi https://a.example/1 #Été.', author, language: 'fr' });
    const [object] = await received(stream, 1);
    const url = expect.stringMatching(/^https:\/\/t\.co\/[A-Za-z0-9]{10}$/);
    expect(object?.data).toEqual({
      id,
      text: expect.stringMatching(/^Le tram 🚋 &lt;3 &amp; @moi https:\/\/t\.co\/[A-Za-z0-9]{10} #Été\.$/),
      edit_history_tweet_ids: [id],
      author_id: '12',
      created_at: '2025-11-22T12:00:00.000Z',
      lang: 'fr',
      conversation_id: id,
      edit_controls: { edits_remaining: 5, is_edit_eligible: true, editable_until: '2025-11-22T13:00:00.789Z' },
      entities: {
        urls: [{ start: 27, end: 50, url, expanded_url: 'https://a.example/1', display_url: 'a.example/1' }],
        hashtags: [{ start: 51, end: 55, tag: 'Été' }],
        mentions: [{ start: 22, end: 26, username: 'moi' }],
      },
    });
    expect(object?.includes).toEqual({
      users: [{ id: '12', name: 'Quay & Ferry', username: 'QuayAndFerry', description: 'Timetables' }],
    });
  });

  it('has long posts cut in the text and whole in the note', async () => {
    const stream = await connect(x.url, '?tweet.fields=note_tweet,entities');
    const text = `tram & depot ${'so it goes '.repeat(40)}https://a.example/end #end`;
    x.publish({ text });
    const [object] = await received(stream, 1);
    const data = object?.data as unknown as {
      text: string;
      entities: { urls: { url: string }[] };
      note_tweet: { text: string; entities: { urls: { expanded_url: string }[]; hashtags: object[] } };
    };
    expect([...data.text.replaceAll('&amp;', '&')].length).toBeLessThanOrEqual(280);
    expect(data.text).toMatch(/^tram &amp; depot so it .*… https:\/\/t\.co\/\w{10}$/);
    expect(data.entities.urls).toHaveLength(1);
    expect(data.note_tweet.text.replace(/https:\S+/, 'https://a.example/end')).toBe(text.replace('&', '&amp;'));
    expect(data.note_tweet.entities.urls[0]?.expanded_url).toBe('https://a.example/end');
    expect(data.note_tweet.entities.hashtags).toHaveLength(1);
  });

  it('has edits as new posts with the history of all versions', async () => {
    const stream = await connect(x.url, '?expansions=edit_history_tweet_ids');
    const [first] = x.publish({ text: 'tram, first' });
    const second = x.edit(first?.id as string, 'tram, second');
    const third = x.edit(second.id, 'tram, third');
    const objects = await received(stream, 3);
    expect(objects.map(({ data }) => data?.edit_history_tweet_ids)).toEqual([
      [first?.id],
      [first?.id, second.id],
      [first?.id, second.id, third.id],
    ]);
    expect(objects.map(({ includes }) => includes?.tweets?.map(({ text }) => text))).toEqual([
      undefined,
      ['tram, first'],
      ['tram, first', 'tram, second'],
    ]);
    expect(() => x.edit('5', 'tram')).toThrow('no post 5');
  });

  it('can have a post twice', async () => {
    const stream = await connect(x.url);
    const [post] = x.publish({ text: 'tram' });
    x.redeliver(post?.id as string);
    await received(stream, 2);
    expect(stream.ids).toEqual([post?.id, post?.id]);
  });

  it('has ids that grow, also within a millisecond', () => {
    const ids = x.publish(...Array.from({ length: 100 }, () => ({ text: 'tram' }))).map(({ id }) => BigInt(id));
    expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(ids).size).toBe(100);
    expect(Math.abs(timeOfId(String(ids[0])) - Date.now())).toBeLessThan(60_000);
  });

  it('repeats the last minutes for whoever may ask for them', async () => {
    await start({ maxBackfillMinutes: 5 });
    x.archive({ text: 'tram long ago', id: idAt(Date.now() - 600_000) }, { text: 'tram 1' }, { text: 'tram 2' });
    const stream = await connect(x.url, '?backfill_minutes=5');
    const objects = await received(stream, 2);
    expect(objects.map(({ data }) => data?.text)).toEqual(['tram 1', 'tram 2']);
    await stream.close();
    const { status } = await connect(x.url, '?backfill_minutes=6');
    expect(status).toBe(400);
  });

  it('refuses to repeat anything otherwise, and parameters that there are not', async () => {
    for (const parameter of ['backfill_minutes=1', 'tweet.fields=colour', 'user.fields=hat', 'since_id=1']) {
      const { status, body } = await ask(x.url, `/2/tweets/search/stream?${parameter}`);
      expect([status, body.title, body.errors.length], parameter).toEqual([400, 'Invalid Request', 1]);
    }
    expect(x.connections.ever).toBe(0);
  });

  it('stays alive by empty lines, and is silent when told to', async () => {
    await start({ keepAliveMs: 20 });
    const stream = await connect(x.url);
    await until(() => stream.keepAlives >= 3);
    x.goSilent();
    x.publish({ text: 'tram unheard' });
    await stream.close();
    await until(() => x.connections.open === 0);
    const next = await connect(x.url);
    x.publish({ text: 'tram heard' });
    await received(next, 1);
    await until(() => next.keepAlives >= 3);
    expect(stream.objects).toEqual([]);
    expect(next.objects.map(({ data }) => data?.text)).toEqual(['tram heard']);
  });

  it('sends nothing between keep-alives to a silent stream', async () => {
    await start({ keepAliveMs: 20, maxConnections: 2 });
    const silent = await connect(x.url);
    x.goSilent();
    const speaking = await connect(x.url);
    // What was on its way when it fell silent has come by then.
    await until(() => speaking.keepAlives >= 1);
    const before = silent.text;
    await until(() => speaking.keepAlives >= 6);
    expect(silent.text).toBe(before);
    expect(silent.ended).toBeUndefined();
  });

  it.each([
    ['one byte each', 1],
    ['seven bytes each', 7],
    ['sizes by a seed', { seed: 'a', min: 1, max: 40 }],
  ])('is cut into pieces of %s, inside posts and characters, and whole when put together', async (_, pieces) => {
    x.cut(pieces);
    const stream = await connect(x.url);
    const texts = Array.from({ length: 20 }, (_, index) => `tram ${index} 🚋 in Åskvik: «déjà vu»`);
    x.publish(...texts.map((text) => ({ text })));
    await received(stream, texts.length);
    expect(stream.objects.map(({ data }) => data?.text)).toEqual(texts);
    if (typeof pieces === 'number') {
      expect(new Set(stream.chunks.slice(0, -1).map(({ length }) => length))).toEqual(new Set([pieces]));
    } else {
      expect(new Set(stream.chunks.map(({ length }) => length)).size).toBeGreaterThan(5);
    }
    expect(stream.chunks.some((chunk) => chunk.toString().includes('\ufffd'))).toBe(true);
  });

  it('carries 250 posts a second, each once and in order', async () => {
    const stream = await connect(x.url);
    const posts = await x.burst(500, 250, (index) => ({ text: `tram ${index}` }));
    await received(stream, 500);
    expect(stream.ids).toEqual(posts.map(({ id }) => id));
    expect(stream.objects.at(-1)?.data?.text).toBe('tram 499');
  });

  it('is taken from a reader that does not read', async () => {
    await start({ maxUnreadBytes: 100_000 });
    const stream = await connect(x.url, '?tweet.fields=note_tweet');
    stream.pause();
    const text = `tram ${'x'.repeat(20_000)}`;
    await until(() => {
      x.publish(...Array.from({ length: 20 }, () => ({ text })));
      return x.connections.open === 0;
    });
    expect(x.connections.ever).toBe(1);
  });
});
