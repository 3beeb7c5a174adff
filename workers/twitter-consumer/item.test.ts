import { describe, expect, it } from 'vitest';
import { normaliseTitle } from '../contract/identity.ts';
import { NEWS_ITEM } from '../contract/messages.ts';
import { validateMessage } from '../contract/validation.ts';
import { PoisonError, reasonOf } from '../runtime/errors.ts';
import { toItem } from './item.ts';
import { readPost } from './post.ts';

const ID = '1863150000000000001';
const AUTHOR = { id: '7', name: 'The Wire', username: 'thewire' };

type Extra = Readonly<Record<string, unknown>>;

/** An object of the stream. */
const object = (text: string, post: Extra = {}, includes: Extra = {}): string =>
  JSON.stringify({
    data: { id: ID, text, author_id: '7', created_at: '2026-03-02T08:00:00.000Z', lang: 'en', ...post },
    includes: { users: [AUTHOR], ...includes },
    matching_rules: [{ id: '1', tag: 'newsjet.x.nats' }],
  });
const map = (data: string, identity: 'title' | 'link' = 'title') => {
  const item = toItem(readPost(data), { source: 'x', identity });
  validateMessage(NEWS_ITEM, item);
  return item;
};
const item = (text: string, post: Extra = {}, includes: Extra = {}) => map(object(text, post, includes));
const urls = (...links: readonly Extra[]) => ({ entities: { urls: links } });
const link = (url: string, expanded_url: string, more: Extra = {}) => ({ url, expanded_url, ...more });

describe('a post', () => {
  it('becomes a news item with its date, address, author, language and image', () => {
    const found = item(
      'NATS 2.15 is out https://t.co/abc1 #nats\nWith scheduled messages &amp; more',
      { ...urls(link('https://t.co/abc1', 'https://nats.io/blog?a=1&b=2')), attachments: { media_keys: ['3_1'] } },
      {
        media: [
          { media_key: '3_2', url: 'https://no/' },
          { media_key: '3_1', url: 'https://pbs.example/1.jpg' },
        ],
      },
    );
    expect(found).toEqual({
      title: 'NATS 2.15 is out',
      description: 'NATS 2.15 is out https://nats.io/blog?a=1&b=2 #nats With scheduled messages & more',
      date: '2026-03-02T08:00:00.000Z',
      link: `https://x.com/thewire/status/${ID}`,
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      source: 'x',
      author: 'The Wire',
      language: 'en',
      image: 'https://pbs.example/1.jpg',
    });
  });

  it('is the same news as a feed’s item with that title', () => {
    const { id } = item('Élections : la surprise https://t.co/a1 #politique #france');
    const feeds = toItem(readPost(object('élections, la SURPRISE')), { source: 'papers', identity: 'title' });
    expect(feeds.id).toBe(id);
  });

  it('shows the picture of a video, and no image that is no address', () => {
    const video = { media_key: '7_1', preview_image_url: 'https://pbs.example/v.jpg' };
    const attachments = { media_keys: ['7_1'] };
    expect(item('a video', { attachments }, { media: [video] }).image).toBe('https://pbs.example/v.jpg');
    expect(item('a video', { attachments }, { media: [{ media_key: '7_1' }] })).not.toHaveProperty('image');
    expect(item('a video', { attachments: { media_keys: 7 } }, { media: [video] })).not.toHaveProperty('image');
  });

  it('does without what the API did not send', () => {
    const found = map(JSON.stringify({ data: { id: ID, text: 'Only a text' } }));
    expect(found).toEqual({
      title: 'Only a text',
      description: 'Only a text',
      date: null,
      link: `https://x.com/i/status/${ID}`,
      id: expect.any(String),
      source: 'x',
    });
  });

  it.each(['und', 'zxx', 'qme', 'qst', 'not a tag', ''])('has no language when X says %j', (lang) => {
    expect(item('text', { lang })).not.toHaveProperty('language');
  });

  it('that is long is taken whole, with its own links', () => {
    const words = Array.from({ length: 600 }, (_, index) => `word${index}`).join(' ');
    const note_tweet = {
      text: `A long story\n${words} https://t.co/long &lt;end&gt;`,
      entities: { urls: [link('https://t.co/long', 'https://long.example/')] },
    };
    const found = item('A long story word1… https://t.co/self', { note_tweet });
    expect(found.title).toBe('A long story');
    expect(found.description).toBe(`A long story ${words} https://long.example/ <end>`);
  });

  it('of the greatest length that X allows is taken whole', () => {
    const text = `Headline\n${'é🚀 '.repeat(9_000)}`;
    const whole = [...text].slice(0, 24_999).join('').concat('.');
    const { description } = item('Headline…', { note_tweet: { text: whole } });
    expect([...description]).toHaveLength(25_000);
    expect(description).toBe(whole.replace('\n', ' '));
  });

  it('that only repeats another is that other', () => {
    const original = { id: '99', text: 'The whole text of it', author_id: '8', created_at: '2026-03-01T00:00:00.000Z' };
    const found = item(
      'RT @nats: The whole…',
      { referenced_tweets: [{ type: 'retweeted', id: '99' }] },
      { users: [AUTHOR, { id: '8', name: 'NATS', username: 'nats_io' }], tweets: [original] },
    );
    expect(found).toMatchObject({
      title: 'The whole text of it',
      link: 'https://x.com/nats_io/status/99',
      author: 'NATS',
      date: '2026-03-01T00:00:00.000Z',
    });
  });
});

describe('an edited post', () => {
  const history = { edit_history_tweet_ids: ['1863150000000000001', '1863150000000000009'] };
  const edited = { ...history, id: '1863150000000000009' };
  const first = item('The frist words', { edit_history_tweet_ids: [ID] });

  it('is the same news as its first version, whatever it says now', () => {
    const original = { id: ID, text: 'The frist words', author_id: '7', ...history };
    const found = item('The first words', edited, { tweets: [original] });
    expect(found.id).toBe(first.id);
    expect(found.link).toBe(first.link);
    expect(found.title).toBe('The first words');
  });

  it('is known by its title when its first version did not come along', () => {
    const retold = item('The frist words\nand more of them', edited);
    expect(retold.id).toBe(first.id);
    const retitled = item('The first words', edited);
    expect(retitled.id).toBe(item('The first words').id);
    // Posts that came along for other reasons are not taken for it.
    const another = { id: '99', text: 'The frist words' };
    expect(item('The first words', edited, { tweets: [another] }).id).toBe(retitled.id);
  });

  it('leads to its first version also when that did not come along', () => {
    expect(item('The first words', edited).link).toBe(first.link);
    expect(map(object('The first words', edited), 'link').id).toBe(map(object('The frist words'), 'link').id);
  });
});

describe('a title', () => {
  const title = (text: string, post: Extra = {}) => item(text, post).title;

  it.each([
    ['one line', 'Just news', 'Just news'],
    ['the first line', 'First\nSecond', 'First'],
    ['an empty first line', '\n \nThird', 'Third'],
    ['a link inside', 'Read https://t.co/a now', 'Read now'],
    ['a link at the end', 'Read more: https://t.co/a', 'Read more'],
    ['a link without t.co', 'See https://nats.io/x?y=1 today', 'See today'],
    ['trailing hashtags', 'News #one #two_three #été2026', 'News'],
    ['hashtags around a link', 'News #one https://t.co/a #two', 'News'],
    ['a hashtag inside', 'The #NATS server is out', 'The #NATS server is out'],
    ['a number sign that is no hashtag', 'We are #1!', 'We are #1!'],
    ['character references', 'Q&amp;A: &lt;b&gt; &#233; &amp;lt;', 'Q&A: <b> é &lt;'],
    ['C# at the end', 'Learn C#', 'Learn C#'],
    ['a first line of links', 'https://t.co/a https://t.co/b\nThe news', 'The news'],
    ['a first line of hashtags', '#breaking #news\nThe news', 'The news'],
    ['a first line of symbols', '🚨🚨\nThe news', 'The news'],
    ['spaces', '  a \t b\u00a0c  ', 'a b c'],
    ['an emoji', 'Launch 🚀 today', 'Launch 🚀 today'],
  ])('from %s', (_, text, expected) => {
    expect(title(text)).toBe(expected);
  });

  it('of a post of links alone is that of the page, else its address', () => {
    const post = (more: Extra) => urls(link('https://t.co/a', 'https://www.nats.io/blog/215', more));
    expect(title('https://t.co/a', post({ title: 'NATS  2.15' }))).toBe('NATS 2.15');
    expect(title('https://t.co/a', post({}))).toBe('nats.io/blog/215');
  });

  it('of a post of hashtags alone is their words, and of nothing at all its author’s', () => {
    expect(title('#breaking_news #nats')).toBe('breaking news nats');
    expect(title('🚀')).toBe('Post by The Wire');
  });

  it('is shortened at a word', () => {
    const found = title(`${'seven77 '.repeat(40)}`);
    expect(found.length).toBeLessThanOrEqual(200);
    expect(found).toMatch(/^(?:seven77 )+seven77…$/);
    expect(normaliseTitle(found)).not.toBe('');
  });

  it('of emoji is never cut inside one', () => {
    const found = title(`News ${'🚀'.repeat(300)}`);
    expect([...found].at(-2)).toBe('🚀');
    expect(found.endsWith('…')).toBe(true);
  });

  it('is found in the worst of texts, too', { timeout: 5_000 }, () => {
    expect(title(`${'#a '.repeat(8_000)}x`)).toMatch(/^a a a|^#a #a/);
    expect(title(`${'#'.repeat(25_000)}x`)).not.toBe('');
  });
});

describe('what is no post', () => {
  it.each([
    ['not JSON', '{"data":', /^the post is not JSON: /],
    ['null', 'null', /has no id/],
    ['a list', '[]', /has no id/],
    ['without data', '{"errors":[{}]}', /has no id/],
    ['an id that is a number', '{"data":{"id":12,"text":"a"}}', /has no id/],
    ['without a text', '{"data":{"id":"12"}}', /the post 12 has no text/],
    ['an empty text', '{"data":{"id":"12","text":" "}}', /the post 12 has no text/],
  ])('is poison: %s', (_, data, reason) => {
    let error: unknown;
    try {
      readPost(data);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(PoisonError);
    expect(reasonOf(error)).toMatch(reason);
  });

  it('bears anything in its fields', () => {
    const odd: readonly unknown[] = [null, 7, 'x', [], [null], {}, { urls: [null, 7, {}] }, true];
    for (const value of odd) {
      const post = Object.fromEntries(
        ['entities', 'attachments', 'note_tweet', 'referenced_tweets', 'lang', 'created_at', 'author_id'].map(
          (name) => [name, value],
        ),
      );
      const data = { id: '12', text: 'A text', ...post, edit_history_tweet_ids: value };
      expect(map(JSON.stringify({ data, includes: value })).title, JSON.stringify(value)).toBe('A text');
      const includes = { users: value, media: value, tweets: value };
      expect(map(JSON.stringify({ data: { id: '12', text: 'A text' }, includes })).title).toBe('A text');
    }
  });
});
