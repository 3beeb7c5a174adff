// Broken documents, each with what must come out of it: the titles of its items, or why it is unreadable.
import { expect, test } from 'vitest';
import { NEWS_ITEM } from '../contract/messages.ts';
import { validateMessage } from '../contract/validation.ts';
import { type Reader, type ReadResult, readFeed, UnreadableDocumentError } from './document.ts';

async function read(data: string, contentType: string | null = null): Promise<ReadResult> {
  const url = 'https://example.org/feed.xml';
  const result = await readFeed({ data, contentType, url, source: 'broken', identity: 'title' });
  for (const item of result.items) validateMessage(NEWS_ITEM, item);
  return result;
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const rss = (inside: string) =>
  `${DECLARATION}<rss version="2.0"><channel><title>Feed</title>${inside}</channel></rss>`;
const atom = (inside: string) =>
  `${DECLARATION}<feed xmlns="http://www.w3.org/2005/Atom"><title>Feed</title>${inside}</feed>`;
const item = (title: string, more = '') => `<item><title>${title}</title>${more}</item>`;
const A = item('A', '<link>https://example.org/a</link>');
const B = item('B', '<link>https://example.org/b</link>');

/** A document, the titles that must come out, how many entries are skipped, and the reader if not htmlparser2. */
type Case = [name: string, data: string, titles: string[], skipped?: number, reader?: Reader];

const LAUGHS = `<!DOCTYPE rss [<!ENTITY lol "lol">${Array.from(
  { length: 9 },
  (_, level) => `<!ENTITY lol${level + 1} "${`&lol${level || ''};`.repeat(10)}">`,
).join('')}]>`;

const READABLE: Case[] = [
  ['cut after an item', `<rss version="2.0"><channel><title>Feed</title>${A}`, ['A']],
  ['cut inside a start tag', `<rss version="2.0"><channel>${A}<item><title>B</title><li`, ['A', 'B']],
  ['cut inside a title', `<rss version="2.0"><channel>${A}<item><title>Presid`, ['A'], 1],
  ['cut inside an end tag', `<rss version="2.0"><channel>${A}<item><title>Presid</tit`, ['A'], 1],
  ['cut inside a description', `<rss version="2.0"><channel>${A}<item><title>B</title><description>half a`, ['A', 'B']],
  ['cut before the title', `<rss version="2.0"><channel>${A}<item><description>all</description>`, ['A'], 1],
  ['cut inside CDATA', `<rss version="2.0"><channel>${A}<item><title><![CDATA[Presid`, ['A'], 1],
  ['cut inside a comment', `<rss version="2.0"><channel>${A}<!-- and then`, ['A']],
  ['cut inside a reference', `<rss version="2.0"><channel>${A}<item><title>B &am`, ['A'], 1],
  ['Atom cut inside xhtml', `<feed><entry><title>A</title></entry><entry><title type="xhtml"><div>B`, ['A'], 1],
  ['replacement characters', rss(item('Caf\ufffd de la gare')), ['Caf\ufffd de la gare'], 0, 'rss-parser'],
  ['windows-1252 leftovers', rss(item('It\u0092s \u0093here\u0094')), ['It’s “here”'], 0, 'rss-parser'],
  ['UTF-8 read as Latin-1, in part', rss(item('CafÃ© and café')), ['CafÃ© and café'], 0, 'rss-parser'],
  [
    'undefined entities',
    rss(item('Caf&eacute;&nbsp;cr&egrave;me &mdash; &hellip;')),
    ['Café crème — …'],
    0,
    'rss-parser',
  ],
  [
    'undefined entities in Atom text',
    atom('<entry><title type="text">Caf&eacute; &lt;b></title></entry>'),
    ['Café <b>'],
    0,
    'rss-parser',
  ],
  ['unknown entity', rss(item('Price &brand; today')), ['Price &brand; today']],
  ['double escaping', rss(item('R&amp;amp;D caf&amp;eacute;')), ['R&D café'], 0, 'rss-parser'],
  ['triple escaping', rss(item('R&amp;amp;amp;D')), ['R&D'], 0, 'rss-parser'],
  [
    'double escaping in Atom',
    atom('<entry><title>R&amp;amp;D caf&amp;eacute;</title></entry>'),
    ['R&D café'],
    0,
    'rss-parser',
  ],
  ['double escaping in CDATA', rss(item('<![CDATA[R&amp;D caf&eacute;]]>')), ['R&D café'], 0, 'rss-parser'],
  [
    'billion laughs',
    `${DECLARATION}${LAUGHS}<rss version="2.0"><channel>${item('&lol9;')}</channel></rss>`,
    ['&lol9;'],
  ],
  [
    'external entity',
    `<!DOCTYPE rss [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel>${item('&xxe;')}</channel></rss>`,
    ['&xxe;'],
  ],
  [
    'parameter entity',
    `<!DOCTYPE rss [<!ENTITY % dtd SYSTEM "http://127.0.0.1:1/x.dtd"> %dtd;]><rss version="2.0"><channel>${A}</channel></rss>`,
    ['A'],
    0,
    'rss-parser',
  ],
  [
    'entity that holds an item',
    `<!DOCTYPE rss [<!ENTITY e "<rss><channel><item><title>no</title></item>">]><rss version="2.0"><channel>${item('A & B')}</channel></rss>`,
    ['A & B'],
  ],
  [
    'unescaped ampersands',
    rss(item('Q & A at AT&T', '<link>https://example.org/?a=1&copy=2</link>')),
    ['Q & A at AT&T'],
  ],
  ['unescaped less-than', rss(item('1 < 2')), ['1 < 2']],
  ['unclosed item', rss('<item><title>A</title><item><title>B</title></item>'), ['A', 'B']],
  ['no item ever closed', rss('<item><title>A</title><item><title>B</title><item><title>C</title>'), ['A', 'B', 'C']],
  ['unclosed title', rss('<item><title>A<link>https://example.org/a</link></item>'), ['A']],
  ['unclosed description', rss('<item><title>A</title><description>text<pubDate>2024-01-31</pubDate></item>'), ['A']],
  ['unclosed HTML in a description', rss(`${item('A', '<description><p>one<br>two</description>')}${B}`), ['A', 'B']],
  ['HTML not escaped', rss(item('A <b>bold</b> title')), ['A bold title']],
  ['wrong end tag', rss(`<item><title>A</titel></item>${B}`), ['A', 'B']],
  ['crossed end tags', rss('<item><title>A</item></title><item><title>B</title></item>'), ['A', 'B']],
  ['stray end tags', rss(`</div></item>${A}</p>${B}`), ['A', 'B']],
  ['duplicate attributes', `<rss version="2.0" version="2.0"><channel>${A}</channel></rss>`, ['A'], 0, 'rss-parser'],
  ['attribute without quotes', `<rss version=2.0><channel>${A}</channel></rss>`, ['A']],
  ['attribute without value', `<rss version="2.0" draft><channel>${A}</channel></rss>`, ['A']],
  ['byte order mark before the document', `\ufeff${rss(A)}`, ['A'], 0, 'rss-parser'],
  ['byte order marks inside', rss(`\ufeff${item('\ufeffA\ufeff')}`), ['A'], 0, 'rss-parser'],
  ['spaces before the declaration', `\n\n   ${rss(A)}`, ['A'], 0, 'rss-parser'],
  ['zeros before the document', `\u0000\u0000${rss(A)}`, ['A'], 0, 'rss-parser'],
  ['text before the declaration', `Array${rss(A)}`, ['A']],
  ['PHP warning before the declaration', `<br />\n<b>Warning</b>:  mysql down<br />${rss(A)}`, ['A']],
  ['declaration twice', `${DECLARATION}${rss(A)}`, ['A'], 0, 'rss-parser'],
  ['text after the end', `${rss(A)}\n<!-- cached -->\nDone.`, ['A'], 0, 'rss-parser'],
  ['HTML after the end', `${rss(A)}<script>track()</script>`, ['A'], 0, 'rss-parser'],
  ['control characters', rss(item('A\u0001B\u0008C\u001b[0m')), ['ABC[0m'], 0, 'rss-parser'],
  ['references to control characters', rss(item('A&#0;&#1;&#x1F;&#xD800;B')), ['A\ufffd\ufffdB']],
  ['CDATA never ended', rss(`<item><title><![CDATA[A</title></item>${B}`), ['A', 'B']],
  [
    'CDATA not ended before the next',
    rss(`<item><title><![CDATA[A</title></item>${item('<![CDATA[B]]>')}`),
    ['A', 'B'],
  ],
  ['CDATA in CDATA', rss(item('A', '<description><![CDATA[x<script>//<![CDATA[\n//]]></script></description>')), ['A']],
  [
    'undeclared prefixes',
    rss(item('A', '<dc:creator>Jo</dc:creator><media:content url="/x.png"/>')),
    ['A'],
    0,
    'rss-parser',
  ],
  [
    'another prefix for Atom',
    `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>A</a:title></a:entry></a:feed>`,
    ['A'],
  ],
  ['undeclared prefix for Atom', `<atom:feed><atom:entry><atom:title>A</atom:title></atom:entry></atom:feed>`, ['A']],
  ['no version', `<rss><channel>${A}</channel></rss>`, ['A']],
  ['version of the future', `<rss version="3.0"><channel>${A}</channel></rss>`, ['A']],
  ['upper case', `<RSS VERSION="2.0"><CHANNEL><ITEM><TITLE>A</TITLE></ITEM></CHANNEL></RSS>`, ['A']],
  ['items outside the channel', `<rss version="2.0"><channel><title>F</title></channel>${A}${B}</rss>`, ['A', 'B']],
  ['two channels', `<rss version="2.0"><channel>${A}</channel><channel>${B}</channel></rss>`, ['A', 'B']],
  ['no channel', `<rss version="2.0">${A}</rss>`, ['A']],
  ['Atom link as text', atom('<entry><title>A</title><link>https://example.org/a</link></entry>'), ['A']],
  [
    'Atom date that can’t be read',
    atom('<entry><title>A</title><updated>soon</updated></entry>'),
    ['A'],
    0,
    'rss-parser',
  ],
  [
    'wrong dates',
    rss(item('A', '<pubDate>32 Foo 2024</pubDate>') + item('B', '<pubDate/>')),
    ['A', 'B'],
    0,
    'rss-parser',
  ],
  ['items with nothing', rss(`<item/><item></item><item><title> </title></item>${A}`), ['A'], 3, 'rss-parser'],
  [
    'title of markup alone',
    rss(item('&lt;img src="x"&gt;', '<description>Said</description>')),
    ['Said'],
    0,
    'rss-parser',
  ],
  ['title twice', rss('<item><title/><title>A</title><title>B</title></item>'), ['A'], 0, 'rss-parser'],
  ['guid as an empty element', rss(item('A', '<guid isPermaLink="true"/>')), ['A'], 0, 'rss-parser'],
  ['names of JavaScript', rss(item('A', '<__proto__>x</__proto__><constructor a="b"/>')), ['A'], 0, 'rss-parser'],
  ['deep nesting beside the items', rss(`${A}${'<x>'.repeat(20_000)}${'</x>'.repeat(20_000)}`), ['A'], 0, 'rss-parser'],
  ['no items', rss(''), [], 0, 'rss-parser'],
  ['no items in Atom', atom(''), [], 0, 'rss-parser'],
  ['an empty Atom feed', '<feed xmlns="http://www.w3.org/2005/Atom"><title/></feed>', [], 0, 'rss-parser'],
  ['JSON Feed without items', '{"version":"https://jsonfeed.org/version/1.1","title":"T"}', [], 0, 'json-feed'],
  ['JSON Feed without version', '{"title":"T","items":[{"title":"A"}]}', ['A'], 0, 'json-feed'],
  [
    'JSON Feed with everything of a wrong type',
    '{"version":"https://jsonfeed.org/version/1","items":[{"title":{"a":1},"content_text":"A","url":7,"authors":"x","date_published":0}]}',
    ['A'],
    0,
    'json-feed',
  ],
  ['JSON with half a surrogate pair', '{"title":"T","items":[{"title":"A\\ud83d"}]}', ['A\ufffd'], 0, 'json-feed'],
];

test.each(READABLE)('%s', async (_name, data, titles, skipped = 0, reader: Reader = 'htmlparser2') => {
  const result = await read(data);
  expect(result.items.map(({ title }) => title)).toEqual(titles);
  expect(result).toMatchObject({ skipped, reader });
});

const deep = '<x>'.repeat(100_000);

test.each<[name: string, data: string, reason: RegExp]>([
  ['nothing', '', /^the document is empty$/],
  ['spaces', ' \n\t\ufeff ', /^the document is empty$/],
  [
    'plain text',
    'Service unavailable',
    /^neither rss-parser \(.+\) nor htmlparser2 \(it has no elements\).+looks like plain text$/,
  ],
  [
    'HTML',
    '<!DOCTYPE html><html><head><title>Hi</title></head><body><p>x</body></html>',
    /root element is <html>.+HTML page$/,
  ],
  [
    'HTML with a feed inside',
    `<html><body><rss><channel>${A}</channel></rss></body></html>`,
    /looks like an HTML page$/,
  ],
  [
    'HTML without its root',
    '<body><h1>502 Bad Gateway</h1></body>',
    /root element is <body>.+looks like an HTML page$/,
  ],
  [
    'another vocabulary',
    '<opml version="2.0"><body2><outline text="x"/></body2></opml>',
    /root element is <opml>.+begins with <opml>$/,
  ],
  ['a site map', '<urlset><url><loc>https://example.org/</loc></url></urlset>', /its root element is <urlset>/],
  ['RSS without a channel', '<rss version="2.0"></rss>', /it has neither a channel nor items/],
  ['cut before the first item', '<rss version="2.0"><channel><title>Fe', /cut off before its first complete item/],
  [
    'cut inside the first title',
    '<rss version="2.0"><channel><item><title>Fe',
    /cut off before its first complete item/,
  ],
  ['only a declaration', DECLARATION, /it has no elements/],
  ['PDF', '%PDF-1.7 \u0000\u0001', /looks like a PDF document/],
  ['binary', '\u0089PNG\r\n\u001a\n\u0000\u0000', /looks like plain text/],
  ['deep nesting without end', `<rss version="2.0"><channel>${deep}`, /nested more than 250 deep/],
  ['deep nesting without a root', '<x>'.repeat(1_000_000), /more than 2000 elements are open at once/],
  [
    'items never closed by the thousand',
    `<rss><channel>${'<item><title>A</title>'.repeat(3_000)}`,
    /more than 2000 elements/,
  ],
  ['deep nesting in a title', rss(item(`${deep}${'</x>'.repeat(100_000)}`)), /nested more than 250 deep/],
  [
    'broken JSON',
    '{"version":"https://jsonfeed.org/version/1","items":[{"title":"A"',
    /^not a feed: it begins like JSON but/,
  ],
  ['JSON that is no feed', '{"error":"not found"}', /^not a feed: it is JSON but not a JSON Feed$/],
  ['a JSON list', '[{"title":"A"}]', /^not a feed: it is JSON but not a JSON Feed$/],
  ['deep JSON', '['.repeat(200_000), /^not a feed: it begins like JSON/],
])('unreadable: %s', async (_name, data, reason) => {
  const error = await read(data).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnreadableDocumentError);
  expect((error as UnreadableDocumentError).reason).toMatch(reason);
  expect((error as UnreadableDocumentError).message.length).toBeLessThan(700);
});

test('the declared media type is named, but does not decide', async () => {
  await expect(read('<html></html>', 'application/rss+xml')).rejects.toThrow('declared as application/rss+xml');
  expect((await read(rss(A), 'application/json')).items).toHaveLength(1);
  expect((await read('{"title":"T","items":[{"title":"A"}]}', 'text/xml')).reader).toBe('json-feed');
});

test('what is broken in one field leaves the others as they are', async () => {
  const { items } = await read(
    rss(
      item('Q & A', '<link>https://example.org/?a=1&copy=2&utm_source=x</link><pubDate>never</pubDate><guid>7</guid>') +
        '<item><title>A<link>https://example.org/a</link><description>text<pubDate>2024-01-31</pubDate></item>',
    ),
  );
  expect(items).toMatchObject([
    { title: 'Q & A', link: 'https://example.org/?a=1&copy=2', date: null },
    { title: 'A', link: 'https://example.org/a', description: 'text', date: '2024-01-31T00:00:00.000Z' },
  ]);
});

test('a description stands in for the title, cut at a word', async () => {
  const words = 'believable '.repeat(30).trim();
  const { items } = await read(rss(`<item><description>&lt;p&gt;${words}&lt;/p&gt;</description></item>`));
  expect(items).toMatchObject([{ title: `${'believable '.repeat(9).trim()}…`, description: words }]);
});

test('no field is longer than the schema allows, in code points', async () => {
  const camera = '📽';
  const { items } = await read(
    rss(
      item(
        camera.repeat(3_000),
        `<description>${camera.repeat(30_000)}</description><link>https://example.org/${'a'.repeat(5_000)}</link>
         <author>${camera.repeat(900)}</author><language>${'x'.repeat(90)}</language>
         <enclosure type="image/png" url="https://example.org/${'a'.repeat(5_000)}"/>`,
      ),
    ),
  );
  expect(items).toHaveLength(1);
  const [found] = items;
  expect([...(found?.title ?? '')]).toHaveLength(1_000);
  expect([...(found?.description ?? '')]).toHaveLength(25_000);
  expect(found?.description).not.toMatch(/\p{Cs}/u);
  expect(found).toMatchObject({ link: '' });
  expect(found).not.toHaveProperty('image');
  expect(found).not.toHaveProperty('language');
});

test('100,000 items are read while other work goes on', async () => {
  const data = rss(
    Array.from({ length: 100_000 }, (_, index) =>
      item(`News ${index}`, `<link>/${index}</link><description>&lt;b&gt;x&lt;/b&gt;</description>`),
    ).join(''),
  );
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const { items, reader, skipped } = await read(data);
  clearInterval(timer);
  expect(items).toHaveLength(100_000);
  expect(items.at(-1)).toMatchObject({ title: 'News 99999', description: 'x', link: 'https://example.org/99999' });
  expect({ reader, skipped }).toEqual({ reader: 'htmlparser2', skipped: 0 });
  // A document read in one go would let no timer run.
  expect(turns).toBeGreaterThan(10);
});

test.each<[name: string, data: string]>([
  ['tags never closed', rss(item('A', `<description>${'x&lt;p'.repeat(500_000)}</description>`))],
  ['CDATA never ended', `<rss version="2.0"><channel>${A}<item>${'<t><![CDATA[a</t>'.repeat(300_000)}`],
  ['comments never ended', `<rss version="2.0"><channel>${A}${'<!--'.repeat(1_000_000)}`],
  ['spaces', rss(item('A', `<author>a${' '.repeat(300_000)}b</author><pubDate>${' '.repeat(300_000)}</pubDate>`))],
  ['HTML nested in a description', rss(item('A', `<description>${'&lt;b&gt;'.repeat(300_000)}</description>`))],
])('hostile and repetitive: %s', async (_name, data) => {
  // Work that grew with the square of the length would take minutes and run into the test's own time limit.
  expect((await read(data)).items.map(({ title }) => title)).toEqual(['A']);
});
