// Every format with texts that would break it, read by readers that did not write it.
import { parseDocument } from 'htmlparser2';
import Parser from 'rss-parser';
import { describe, expect, it } from 'vitest';
import type { NewsDocument } from '../contract/stored-news.ts';
import { type FeedFrame, feedFrame } from './feed-frame.ts';
import { renderJsonFeed } from './json-feed.ts';
import type { Question } from './question.ts';
import { newsDocument } from './testing/documents.ts';
import { renderAtom, renderRss } from './xml-feeds.ts';

const PLACE = { address: 'https://news.example.org', path: '/feed.atom', search: '?q=a%22%3E%26b&source=papers' };
const QUESTION: Question = { query: 'a">&b', sources: ['papers'], limit: 50 };
/** What of it XML can hold. */
const READ = ']]> 1 < 2 && "quoted" &amp; &lt;b&gt; ]]>]]> <script>alert(1)</script> 😀 é';
const HOSTILE = `\u0000${READ.replace('script', 'scr\u000bipt')}\uffff\ud800`;
const hostile = newsDocument(3, {
  title: HOSTILE,
  description: `${HOSTILE}\n\nAnother paragraph,\nin two lines.`,
  author: `A & <B> ]]>`,
  link: 'https://papers.example/?a=1&b="<>]]>&amp;c=3',
  image: 'https://papers.example/picture.png?size="1"&x=<2>',
  sources: ['papers', 'agency'],
});
const DOCUMENTS: readonly NewsDocument[] = [
  hostile,
  newsDocument(2, { link: '', description: '', date: null }),
  newsDocument(1, { link: 'http://not an address', image: 'https://papers.example/picture', date: new Date(8e15) }),
];
const frameOf = (documents: readonly NewsDocument[]): FeedFrame => feedFrame(QUESTION, documents, PLACE);
const ALL = frameOf(DOCUMENTS);
const NONE = frameOf([]);

/** Well-formed XML has no character that XML forbids, and every ampersand and less-than sign outside CDATA begins something. */
function expectWellFormed(xml: string): void {
  expect(xml).not.toMatch(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u);
  const outside = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '');
  expect(outside).not.toMatch(/&(?!(?:amp|lt|gt|quot|apos);)/);
  expect(outside).not.toMatch(/<(?![/?a-z])/);
  expect(outside).not.toContain(']]>');
}

/** What HTML shows. */
function shown(html: string): string {
  const textOf = (nodes: ReturnType<typeof parseDocument>['children']): string =>
    nodes.map((node) => ('data' in node ? node.data : 'children' in node ? textOf(node.children) : '')).join('');
  return textOf(parseDocument(html).children);
}

/** Elements of a name within one, not deeper. */
type Tree = ReturnType<typeof parseDocument>['children'][number];
const elements = (node: object, name: string) =>
  ('children' in node ? (node.children as Tree[]) : []).flatMap((child) =>
    'attribs' in child && child.name === name ? [child] : [],
  );

describe('Atom', () => {
  const atom = renderAtom(ALL, DOCUMENTS);

  it('is well-formed, and read by others', async () => {
    expectWellFormed(atom);
    const feed = await new Parser().parseString(atom);
    expect(feed.title).toBe('Newsjet – “a">&b” – papers');
    expect(feed.items).toHaveLength(3);
    const [item] = feed.items;
    expect(shown(item?.title ?? '')).toBe(READ);
    expect(shown(item?.content ?? '')).toBe(`${READ}\nAnother paragraph,in two lines.`);
    expect(item?.link).toBe(new URL(hostile.link).href);
    expect([item?.author, item?.id]).toEqual(['A & <B> ]]>', `tag:newsjet.io,2026:news/${hostile._id}`]);
    expect([item?.isoDate, item?.pubDate]).toEqual(['2026-02-28T08:30:00.000Z', '2026-02-28T08:30:00.000Z']);
  });

  it('has what the format asks for, with and without entries', () => {
    for (const [text, count] of [
      [atom, 3],
      [renderAtom(NONE, []), 0],
    ] as const) {
      expectWellFormed(text);
      const [feed] = elements(parseDocument(text, { xmlMode: true }), 'feed');
      if (!feed) throw new Error('there is no feed');
      expect(feed.attribs.xmlns).toBe('http://www.w3.org/2005/Atom');
      for (const part of [feed, ...elements(feed, 'entry')]) {
        for (const name of ['id', 'title', 'updated']) expect(elements(part, name), name).toHaveLength(1);
        const [id, updated] = ['id', 'updated'].map((name) => shown(`${textOf(elements(part, name)[0])}`));
        expect(id).toMatch(/^tag:newsjet\.io,2026:(news\/[0-9a-f]{32}|feed\?q=.+&source=papers)$/);
        expect(updated).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        for (const link of elements(part, 'link')) expect(URL.canParse(link.attribs.href ?? '')).toBe(true);
      }
      expect(elements(feed, 'author')).toHaveLength(1);
      expect(elements(feed, 'entry')).toHaveLength(count);
      const self = elements(feed, 'link').find(({ attribs }) => attribs.rel === 'self');
      expect(self?.attribs.href).toBe('https://news.example.org/feed.atom?q=a%22%3E%26b&source=papers');
    }
  });

  it('names sources as categories, and shows a picture whose kind its address tells', () => {
    const [feed] = elements(parseDocument(atom, { xmlMode: true }), 'feed');
    const entries = elements(feed ?? {}, 'entry');
    expect(elements(entries[0] ?? {}, 'category').map(({ attribs }) => attribs.term)).toEqual(['papers', 'agency']);
    const enclosures = entries.map((entry) =>
      elements(entry, 'link').filter(({ attribs }) => attribs.rel === 'enclosure'),
    );
    expect(enclosures.map(({ length }) => length)).toEqual([1, 0, 0]);
    expect(enclosures[0]?.[0]?.attribs.type).toBe('image/png');
  });

  it('leads to the page where the news has no address that can be used', () => {
    const [feed] = elements(parseDocument(atom, { xmlMode: true }), 'feed');
    const links = elements(feed ?? {}, 'entry').map((entry) => elements(entry, 'link')[0]?.attribs.href);
    expect(links.slice(1)).toEqual(DOCUMENTS.slice(1).map(({ _id }) => `https://news.example.org/#${_id}`));
  });
});

const textOf = (node: Tree | undefined): string =>
  node && 'children' in node
    ? (node.children as Tree[]).map((child) => ('data' in child ? child.data : '')).join('')
    : '';

describe('RSS', () => {
  it('is well-formed, and read by others', async () => {
    const rss = renderRss(ALL, DOCUMENTS);
    expectWellFormed(rss);
    const feed = await new Parser().parseString(rss);
    expect([feed.title, feed.link]).toEqual(['Newsjet – “a">&b” – papers', 'https://news.example.org/']);
    expect(feed.feedUrl).toBe('https://news.example.org/feed.atom?q=a%22%3E%26b&source=papers');
    const [item, second] = feed.items;
    expect(item?.title).toBe(READ);
    expect(item?.creator).toBe('A & <B> ]]>');
    expect(item?.link).toBe(new URL(hostile.link).href);
    expect(shown(item?.['content:encoded'] ?? '')).toBe(`${READ}\nAnother paragraph,in two lines.`);
    expect(item?.guid).toBe(`tag:newsjet.io,2026:news/${hostile._id}`);
    expect(item?.categories?.map((category) => (category as unknown as { _?: string })._ ?? category)).toEqual([
      'papers',
      'agency',
    ]);
    expect(item?.enclosure).toMatchObject({ url: new URL(hostile.image ?? '').href, type: 'image/png' });
    expect(item?.isoDate).toBe('2026-02-28T08:30:00.000Z');
    // What has no date of its own has that of its being stored.
    expect(second?.isoDate).toBe('2026-03-01T10:00:02.000Z');
  });

  it('is read with nothing in it', async () => {
    const rss = renderRss(NONE, []);
    expectWellFormed(rss);
    expect((await new Parser().parseString(rss)).items).toEqual([]);
  });
});

describe('JSON Feed', () => {
  it('has the form of version 1.1', () => {
    const feed = JSON.parse(renderJsonFeed(ALL, DOCUMENTS));
    expect(feed).toMatchObject({
      version: 'https://jsonfeed.org/version/1.1',
      title: 'Newsjet – “a">&b” – papers',
      home_page_url: 'https://news.example.org/',
      feed_url: 'https://news.example.org/feed.atom?q=a%22%3E%26b&source=papers',
    });
    expect(feed.items[0]).toEqual({
      id: `tag:newsjet.io,2026:news/${hostile._id}`,
      url: new URL(hostile.link).href,
      title: HOSTILE,
      content_text: hostile.description,
      image: new URL(hostile.image ?? '').href,
      date_published: '2026-02-28T08:30:00.000Z',
      date_modified: '2026-03-01T10:00:03.000Z',
      authors: [{ name: 'A & <B> ]]>' }],
      tags: ['papers', 'agency'],
    });
    // Content is needed, and an address is not.
    expect(feed.items[1]).toMatchObject({ content_text: 'Bridge 2 reopens' });
    expect(feed.items[1]).not.toHaveProperty('url');
    expect(JSON.parse(renderJsonFeed(NONE, [])).items).toEqual([]);
  });
});
