// Every format of feed that there is, from sound documents: which reader takes it, and every field of what comes out.
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { NEWS_ITEM } from '../contract/messages.ts';
import { validateMessage } from '../contract/validation.ts';
import { type ReadResult, readFeed } from './document.ts';

const TESTDATA = new URL('testdata/', import.meta.url);

async function read(file: string): Promise<ReadResult> {
  const data = await readFile(new URL(file, TESTDATA), 'utf8');
  const url = `https://feeds.example.net/dir/${file}`;
  const result = await readFeed({ data, contentType: null, url, source: 'gazette', identity: 'title' });
  for (const item of result.items) validateMessage(NEWS_ITEM, item);
  return result;
}

/** What is the same in all items of these tests is left out of the expectations. */
const fields = ({ items }: ReadResult) => items.map(({ id: _id, source: _source, ...rest }) => rest);

test('RSS 0.90: a relative link refers to the page of the channel', async () => {
  const result = await read('rss-0.90.xml');
  expect(result).toMatchObject({ reader: 'rss-parser', skipped: 0 });
  expect(fields(result)).toEqual([
    { title: 'The ferry is back', description: '', date: null, link: 'http://harbour.example.org/ferry' },
    { title: 'A new crane', description: '', date: null, link: 'http://harbour.example.org/crane' },
  ]);
});

test('RSS 0.91: an external DTD is not looked at', async () => {
  const result = await read('rss-0.91.xml');
  expect(result).toMatchObject({ reader: 'rss-parser', skipped: 0 });
  const language = 'en-US';
  expect(fields(result)).toEqual([
    {
      title: 'Bakery reopens',
      description: 'Bread & rolls again.',
      date: null,
      link: 'http://village.example.org/bakery',
      language,
    },
    { title: 'Council meets', description: '', date: null, link: 'http://village.example.org/council', language },
  ]);
});

test('RSS 0.92: a missing title falls back to the description, an audio enclosure is no image', async () => {
  const result = await read('rss-0.92.xml');
  expect(result).toMatchObject({ reader: 'rss-parser', skipped: 0 });
  const text = 'A note without a title, with a link in it.';
  expect(fields(result)).toEqual([
    { title: text, description: text, date: null, link: '' },
    { title: 'Recording', description: 'Listen.', date: null, link: '' },
  ]);
});

test('RSS 1.0: Dublin Core dates, creators and language; rdf:about as the link of last resort', async () => {
  const result = await read('rss-1.0.xml');
  expect(result).toMatchObject({ reader: 'rss-parser', skipped: 0 });
  expect(fields(result)).toEqual([
    {
      title: 'Größe zählt',
      description: 'Messung.',
      date: '2024-03-01T08:30:00.000Z',
      link: 'https://lab.example.org/1',
      author: 'A. Muster',
      language: 'de',
    },
    {
      title: 'Nur Volltext',
      description: 'Erster Absatz. Zweiter.',
      date: null,
      link: 'https://lab.example.org/2',
      author: 'B. Muster, C. Muster',
      language: 'de',
    },
  ]);
});

test('RSS 2.0: entities, tracking parameters, permalinks, authors, images, one item without anything', async () => {
  const result = await read('rss-2.0.xml');
  expect(result).toMatchObject({ reader: 'rss-parser', skipped: 1 });
  expect(fields(result)).toEqual([
    {
      title: 'Le café & la crème',
      description: 'Un bon café. Avec crème !',
      date: '2024-01-31T09:15:30.000Z',
      link: 'https://gazette.example.org/cafe?id=7#lire',
      author: 'Jeanne Exemple',
      image: 'https://gazette.example.org/cafe.jpg',
      language: 'fr-FR',
    },
    {
      title: 'Second',
      description: 'Texte court',
      date: null,
      link: 'https://gazette.example.org/second',
      author: 'Paul Exemple',
      image: 'https://gazette.example.org/second.png',
      language: 'fr-FR',
    },
    {
      title: 'Third',
      description: 'Texte long',
      date: null,
      link: 'https://gazette.example.org/third',
      image: 'https://gazette.example.org/third.webp',
      language: 'en',
    },
  ]);
});

test('Atom 0.3: escaped HTML by mode, issued before modified', async () => {
  const result = await read('atom-0.3.xml');
  expect(result).toMatchObject({ reader: 'rss-parser', skipped: 0 });
  expect(fields(result)).toEqual([
    {
      title: 'Ham & eggs',
      description: 'Breakfast.',
      date: '2004-05-06T05:08:09.000Z',
      link: 'http://old.example.org/ham',
      author: 'Old Hand',
      language: 'en',
    },
  ]);
});

test('Atom 1.0, text and html: text stays literal, html becomes text, the feed lends its author', async () => {
  const result = await read('atom-1.0.xml');
  expect(result).toMatchObject({ reader: 'rss-parser', skipped: 0 });
  expect(fields(result)).toEqual([
    {
      title: '1 < 2 & <b>',
      description: 'if a < b && c',
      date: '2024-02-01T06:00:00.250Z',
      link: 'https://dispatch.example.org/2',
      author: 'The Desk',
      language: 'en-GB',
    },
    {
      title: 'Tom & Jerry',
      description: 'Cat & mouse',
      date: '2024-02-02T00:00:00.000Z',
      link: 'https://dispatch.example.org/3',
      author: 'Ann, Bob',
      image: 'https://dispatch.example.org/3.gif',
      language: 'en-GB',
    },
  ]);
});

test('Atom 1.0, xhtml: goes to the tolerant reader; xml:base is resolved step by step', async () => {
  const result = await read('atom-1.0-xhtml.xml');
  expect(result).toMatchObject({ reader: 'htmlparser2', skipped: 0 });
  expect(fields(result)).toEqual([
    {
      title: 'A very fine <div>',
      description: 'One two a < b',
      date: null,
      link: 'https://cdn.example.org/blog/2024/first.html',
      language: 'nl',
    },
    { title: 'Plain', description: '', date: null, link: 'https://other.example.org/x/second.html' },
  ]);
});

test('JSON Feed 1.0: numeric ids, an address as id, items that are none', async () => {
  const result = await read('feed-1.0.json');
  expect(result).toMatchObject({ reader: 'json-feed', skipped: 2 });
  const author = 'Jo Json';
  expect(fields(result)).toEqual([
    {
      title: 'Numbers & ids',
      description: 'a <b> c',
      date: '2024-01-31T15:00:00.000Z',
      link: 'https://json.example.org/12',
      author,
    },
    {
      title: 'Only content',
      description: 'Only content',
      date: null,
      link: 'https://json.example.org/13',
      author,
      image: 'https://json.example.org/13.png',
    },
  ]);
});

test('JSON Feed 1.1: summary before content, several authors, image among attachments', async () => {
  const result = await read('feed-1.1.json');
  expect(result).toMatchObject({ reader: 'json-feed', skipped: 0 });
  expect(fields(result)).toEqual([
    {
      title: 'First <not a tag>',
      description: 'Short',
      date: '2024-06-01T00:00:00.000Z',
      link: 'https://two.example.org/a?b=2',
      author: 'X, Y',
      image: 'https://two.example.org/a.jpg',
      language: 'pt-BR',
    },
  ]);
});

test('both XML readers make the same of every sound document', async () => {
  const files = (await readdir(TESTDATA)).filter((file) => file.endsWith('.xml'));
  expect(files).toHaveLength(8);
  for (const file of files) {
    const data = await readFile(new URL(file, TESTDATA), 'utf8');
    const url = `https://feeds.example.net/dir/${file}`;
    // Text before the root is what rss-parser refuses and htmlparser2 overlooks.
    const tolerant = await readFeed({
      data: `oops ${data}`,
      contentType: null,
      url,
      source: 'gazette',
      identity: 'title',
    });
    expect(tolerant.reader).toBe('htmlparser2');
    expect(tolerant.items, file).toEqual((await read(file)).items);
  }
});

test('the identity rule of the source decides the id', async () => {
  const item = (link: string) => `<item><title>Same</title><link>https://example.org/${link}</link></item>`;
  const data = `<rss version="2.0"><channel><title>T</title>${item('a?utm_source=1')}${item('a')}${item('b')}</channel></rss>`;
  const ids = async (identity: 'title' | 'link') => {
    const document = { data, contentType: null, url: 'https://example.org/', source: 'gazette', identity };
    return (await readFeed(document)).items.map(({ id }) => id);
  };
  expect(new Set(await ids('title')).size).toBe(1);
  const [first, second, third] = await ids('link');
  expect(first).toBe(second);
  expect(third).not.toBe(first);
});
