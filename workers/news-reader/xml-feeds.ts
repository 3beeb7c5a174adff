// Stored news as Atom 1.0 and RSS 2.0.
import { type Extension, Feed, type Item } from 'feed';
import type { NewsDocument } from '../contract/stored-news.ts';
import { type FeedFrame, newsTag } from './feed-frame.ts';
import { beginningOf, legibleText, toHtml, toParagraphs, webAddress } from './feed-text.ts';

const SUMMARY_CHARACTERS = 500;
/** An enclosure has a media type; nobody has looked, so the address must tell. */
const IMAGE_TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
};

/** Renders an Atom 1.0 feed. */
export function renderAtom(frame: FeedFrame, documents: readonly NewsDocument[]): string {
  const feed = emptyFeed(frame);
  for (const document of documents) {
    const { title, description, author } = document;
    const image = imageOf(document);
    feed.addItem({
      ...commonOf(document, frame),
      // A title is HTML here.
      title: toHtml(title),
      ...(description.trim() === '' ? {} : { content: toParagraphs(description) }),
      ...(author === undefined ? {} : { author: [{ name: textOf(author) }] }),
      // Its media type is made of the ending.
      ...(image ? { image: image.url } : {}),
    });
  }
  return feed.atom1();
}

/** Renders an RSS 2.0 feed. */
export function renderRss(frame: FeedFrame, documents: readonly NewsDocument[]): string {
  const feed = emptyFeed(frame);
  for (const document of documents) {
    const { title, description, author } = document;
    const image = imageOf(document);
    feed.addItem({
      ...commonOf(document, frame),
      // A title is plain text here, which the library's own CDATA section could not hold whatever it is.
      title: '',
      ...(description.trim() === '' ? {} : { description: toHtml(beginningOf(description, SUMMARY_CHARACTERS)) }),
      // Never empty: with it comes the namespace of dc:creator.
      content: toParagraphs(description) || `<p>${toHtml(title)}</p>`,
      ...(image ? { enclosure: { ...image, length: 0 } } : {}),
      extensions: [
        textElement('title', title),
        // The element author is for addresses of mail.
        ...(author === undefined ? [] : [textElement('dc:creator', author)]),
      ],
    });
  }
  return feed.rss2();
}

function emptyFeed({ id, title, description, self, page, updated }: FeedFrame): Feed {
  return new Feed({
    id,
    title: textOf(title),
    description: textOf(description),
    link: page,
    feed: self,
    updated,
    generator: 'Newsjet',
    // Stands for entries that name none: Atom wants one of each.
    author: { name: 'Newsjet' },
  });
}

function commonOf({ _id, link, date, storedAt, sources }: NewsDocument, { page }: FeedFrame): Omit<Item, 'title'> {
  return {
    id: newsTag(_id),
    // What came without an address is found where all of it is shown.
    link: webAddress(link) ?? `${page}#${_id}`,
    date: storedAt,
    ...(date && isWritable(date) ? { published: date } : {}),
    category: sources.map((name) => ({ name, term: name })),
  };
}

/** RFC 3339 has four digits for a year. */
const isWritable = (date: Date): boolean => date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9_999;

function imageOf({ image }: NewsDocument): { readonly url: string; readonly type: string } | undefined {
  const url = webAddress(image);
  const type = url && IMAGE_TYPES[/\.([a-z]+)$/.exec(new URL(url).pathname)?.[1] ?? ''];
  return url && type ? { url, type } : undefined;
}

/** The library takes `&amp;` for an ampersand that was escaped before it came: this one really was. */
const textOf = (text: string): string => legibleText(text).replaceAll('&', '&amp;');

const textElement = (name: string, text: string): Extension => ({ name, objects: { _text: textOf(text) } });
