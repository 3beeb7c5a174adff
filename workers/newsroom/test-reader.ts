// For tests: reads a document as the pipeline's parsers do, and says which of them could.
import { parseFeed } from 'htmlparser2';
import Parser from 'rss-parser';
import type { RenderedDocument } from './formats/channel.ts';

export interface ReadItem {
  readonly title: string;
  readonly link: string;
  readonly description: string;
  /** Milliseconds since 1970; NaN when there is none. */
  readonly date: number;
}

export interface ReadDocument {
  readonly reader: 'rss-parser' | 'htmlparser2' | 'json-feed';
  readonly items: readonly ReadItem[];
}

/** Decodes a document by the charset of its content type, else of its XML declaration, else as UTF-8. */
export function decodeDocument({ contentType, body }: RenderedDocument): string {
  const declared =
    /charset=([\w-]+)/.exec(contentType)?.[1] ?? /^<\?xml[^>]*encoding="([^"]+)"/.exec(body.toString('latin1'))?.[1];
  return new TextDecoder(declared ?? 'utf-8').decode(body);
}

/** Reads with rss-parser, then with htmlparser2, then as a JSON Feed; undefined when none of them can. */
export async function readDocument(document: RenderedDocument): Promise<ReadDocument | undefined> {
  const text = decodeDocument(document);
  return (await readStrictly(text)) ?? readTolerantly(text) ?? readJsonFeed(text);
}

async function readStrictly(text: string): Promise<ReadDocument | undefined> {
  try {
    const { items } = await new Parser<object, { 'content:encoded'?: string; summary?: string }>().parseString(text);
    return {
      reader: 'rss-parser',
      items: items.map(({ title = '', link = '', content = '', isoDate = '' }) => ({
        title,
        link,
        description: content,
        date: Date.parse(isoDate),
      })),
    };
  } catch {
    return undefined;
  }
}

function readTolerantly(text: string): ReadDocument | undefined {
  const feed = parseFeed(text);
  if (!feed) return undefined;
  return {
    reader: 'htmlparser2',
    items: feed.items.map(({ title = '', link = '', description = '', pubDate }) => ({
      title,
      link,
      description,
      date: pubDate?.getTime() ?? Number.NaN,
    })),
  };
}

function readJsonFeed(text: string): ReadDocument | undefined {
  try {
    const feed = JSON.parse(text) as { version?: string; items?: Record<string, string>[] };
    if (!feed.version?.startsWith('https://jsonfeed.org/version/') || !feed.items) return undefined;
    return {
      reader: 'json-feed',
      items: feed.items.map(({ title = '', url = '', content_html: description = '', date_published: date = '' }) => ({
        title,
        link: url,
        description,
        date: Date.parse(date),
      })),
    };
  } catch {
    return undefined;
  }
}
