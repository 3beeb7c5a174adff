import { describe, expect, it } from 'vitest';
import type { Story } from '../story.ts';
import { decodeDocument, readDocument } from '../test-reader.ts';
import type { Channel } from './channel.ts';
import { FORMATS, type FormatName } from './formats.ts';
import { cdata, escapeMarkup } from './markup.ts';

const STORY: Story = {
  id: 'a1',
  title: "Ixmere & Søns – “Åskvik's” café",
  summary: "First it rained & poured. Then 3 < 5 didn't.",
  paragraphs: ['First it rained & poured.'],
  date: new Date('2025-03-04T05:06:07.000Z'),
  author: 'Ledger & Loaf',
  category: 'Toys & Games',
  language: 'en',
  hasImage: true,
};
const CHANNEL: Channel = {
  title: 'Circuit & Socket',
  description: 'Things <and> such',
  language: 'en',
  baseUrl: 'http://127.0.0.1:8700',
  path: '/technology.atom',
  stories: [
    STORY,
    { ...STORY, id: 'a0', title: 'Second', date: new Date('2025-03-04T05:06:00.000Z'), hasImage: false },
  ],
};
const NAMES = Object.keys(FORMATS) as FormatName[];
const READERS: Partial<Record<FormatName, string>> = { 'ill-formed-rss': 'htmlparser2', 'json-feed': 'json-feed' };

describe.each(NAMES)('%s', (name) => {
  const document = FORMATS[name].render(CHANNEL);

  it('is read by the parser that it is for, and by none before it', async () => {
    const read = await readDocument(document);
    expect(read?.reader).toBe(READERS[name] ?? 'rss-parser');
    expect(read?.items).toHaveLength(2);
  });

  it('carries title, link, date and description', async () => {
    const [item] = (await readDocument(document))?.items ?? [];
    expect(item?.title).toBe(STORY.title);
    expect(new URL(item?.link ?? '', CHANNEL.baseUrl).pathname).toBe('/articles/a1');
    expect(item?.description).toContain('it rained');
    expect(item?.date).toBe(name === 'old-rss' ? Number.NaN : STORY.date.getTime());
  });
});

describe('formats in particular', () => {
  it('latin1-rss is in ISO-8859-1, which only its declaration says, and references what that lacks', () => {
    const { contentType, body } = FORMATS['latin1-rss'].render(CHANNEL);
    expect(contentType).not.toContain('charset');
    expect(body.includes(Buffer.from([0xc5, 0x73, 0x6b, 0x76, 0x69, 0x6b]))).toBe(true);
    expect(body.toString('latin1')).toContain('&#8220;');
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(body)).toThrow();
  });

  it('xhtml-atom nests elements, html-atom escapes them', () => {
    expect(decodeDocument(FORMATS['xhtml-atom'].render(CHANNEL))).toContain('<p><strong>First it rained &amp; poured.');
    expect(decodeDocument(FORMATS['html-atom'].render(CHANNEL))).toContain(
      '&lt;p&gt;&lt;strong&gt;First it rained &amp;amp;',
    );
  });

  it('rdf links carry tracking parameters', async () => {
    const read = await readDocument(FORMATS.rdf.render(CHANNEL));
    expect(read?.items[0]?.link).toBe('http://127.0.0.1:8700/articles/a1?utm_source=rdf&utm_medium=feed');
  });

  it('ill-formed-rss has a bare ampersand, undefined entities and no end', () => {
    const text = decodeDocument(FORMATS['ill-formed-rss'].render(CHANNEL));
    expect(text).toContain('Ixmere & Søns');
    expect(text).toContain('&nbsp;');
    expect(text).not.toContain('</rss>');
  });

  it('a channel without stories is a feed too', async () => {
    for (const name of NAMES) {
      expect((await readDocument(FORMATS[name].render({ ...CHANNEL, stories: [] })))?.items, name).toEqual([]);
    }
  });
});

describe('markup', () => {
  it('escapes what means something in XML and HTML', () => {
    expect(escapeMarkup(`<a href="x" id='y'>&amp;`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;');
  });

  it('can hold the end of a CDATA section in one', () => {
    expect(cdata('a]]>b')).toBe('<![CDATA[a]]]]><![CDATA[>b]]>');
  });
});
