// Reads a raw document: chooses the reader, and makes news items of what it finds.
import type { IdentityRule } from '../contract/definition.ts';
import type { NewsItem } from '../contract/messages.ts';
import type { Feed } from './entry.ts';
import { type ItemContext, toItem } from './item.ts';
import { readJsonFeed } from './json-feed.ts';
import { resolveAddress } from './link.ts';
import { createPace } from './pace.ts';
import { readWithRssParser } from './rss.ts';
import { readTolerantly } from './tolerant.ts';
import { appearance, oneLine, UnreadableDocumentError } from './unreadable.ts';

export { UnreadableDocumentError } from './unreadable.ts';

/** A document as an exporter published it, with what the consumer knows about its source. */
export interface FeedDocument {
  /** Decoded to text. */
  readonly data: string;
  /** As declared by the server; only named in errors, since so many feeds are declared wrongly. */
  readonly contentType: string | null;
  /** Address that the document was finally read from. */
  readonly url: string;
  readonly source: string;
  readonly identity: IdentityRule;
}

export type Reader = 'rss-parser' | 'htmlparser2' | 'json-feed';

export interface ReadResult {
  readonly items: NewsItem[];
  readonly reader: Reader;
  /** Entries that gave no item: without title and description, or cut off before they had a title. */
  readonly skipped: number;
}

/**
 * Reads a document: JSON Feed by its content; XML by rss-parser or, where that refuses or would lose something, by
 * htmlparser2. A feed without items is read; one bad item never costs the others.
 * @throws {UnreadableDocumentError} when no reader can read it
 */
export async function readFeed(document: FeedDocument): Promise<ReadResult> {
  // Byte order marks, spaces and zeros before the document mean nothing, and rss-parser stumbles over some of them.
  const data = document.data.replace(/^[\s\ufeff\p{Cc}]+/u, '');
  const { feed, reader } = await chooseReader(data, document);
  const page = feed.links.map(({ href, base }) => resolveAddress(href, base ?? document.url)).find((url) => url);
  const context: ItemContext = {
    source: document.source,
    identity: document.identity,
    base: page?.href ?? document.url,
    author: feed.author,
    language: feed.language,
  };
  const pace = createPace();
  const items: NewsItem[] = [];
  for (const entry of feed.entries) {
    const item = toItem(entry, context);
    if (item) items.push(item);
    await pace();
  }
  return { items, reader, skipped: feed.entries.length - items.length + feed.lost };
}

async function chooseReader(data: string, document: FeedDocument): Promise<{ feed: Feed; reader: Reader }> {
  if (data.trim() === '') throw new UnreadableDocumentError('the document is empty');
  if (/^[{[]/.test(data)) {
    try {
      return { feed: readJsonFeed(data), reader: 'json-feed' };
    } catch (cause) {
      throw new UnreadableDocumentError(`not a feed: ${oneLine(cause)}`, { cause });
    }
  }
  let refusal: unknown;
  try {
    return { feed: await readWithRssParser(data), reader: 'rss-parser' };
  } catch (error) {
    refusal = error;
  }
  try {
    return { feed: await readTolerantly(data, document.url), reader: 'htmlparser2' };
  } catch (cause) {
    const declared = document.contentType === null ? '' : `, declared as ${oneLine(document.contentType)}`;
    throw new UnreadableDocumentError(
      `neither rss-parser (${oneLine(refusal)}) nor htmlparser2 (${oneLine(cause)}) can read it: ${appearance(data)}${declared}`,
      { cause },
    );
  }
}
