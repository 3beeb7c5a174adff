// The second reader: htmlparser2, for documents that are not well-formed, have lost something on the way, or are huge.
import { Parser } from 'htmlparser2';
import { endCdata, withoutDtd } from './cdata.ts';
import type { Feed, FeedEntry } from './entry.ts';
import { FeedTree } from './feed-tree.ts';
import { createPace } from './pace.ts';
import { toEntry, toFeed } from './xml-entry.ts';

/** Characters given to the parser at once; between two portions other work may run. */
const PORTION = 64 * 1_024;

/**
 * Reads a document as well as it can be read. Entities of a DTD are never expanded: they stay in the text as written.
 * @throws {Error} saying why it is no feed
 */
export async function readTolerantly(data: string, url: string): Promise<Feed> {
  const pace = createPace();
  const text = endCdata(withoutDtd(data));
  const tree = new FeedTree(url);
  const parser = new Parser(tree, {
    xmlMode: true,
    decodeEntities: false,
    lowerCaseTags: true,
    lowerCaseAttributeNames: true,
  });
  const entries: FeedEntry[] = [];
  const take = () => {
    for (const element of tree.entries.splice(0)) entries.push(toEntry(element, tree.format ?? 'rss'));
  };
  for (let position = 0; position < text.length; position += PORTION) {
    parser.write(text.slice(position, position + PORTION));
    take();
    await pace();
  }
  // The parser is not told that the document ends: it would close what is open, and hide that it was cut.
  const lost = tree.finish();
  take();
  if (tree.format === undefined)
    throw new Error(tree.first ? `its root element is <${tree.first}>` : 'it has no elements');
  if (entries.length === 0 && !tree.rootClosed) throw new Error('it is cut off before its first complete item');
  if (!tree.hasChannel) throw new Error('it has neither a channel nor items');
  return { ...toFeed(tree.about, tree.format, tree.language), entries, lost };
}
