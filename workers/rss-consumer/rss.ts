// The first reader: rss-parser, for documents that are well-formed and that it reads without loss.
import Parser from 'rss-parser';
import { endCdata } from './cdata.ts';
import type { Feed } from './entry.ts';
import { usualPrefix, type XmlElement } from './xml-element.ts';
import { ENTRY_ELEMENTS, FEED_ELEMENTS, toEntry, toFeed } from './xml-entry.ts';

/** Characters beyond which the tolerant reader is used at once: rss-parser can't pause, and takes 0.15 s for a million. */
const MAX_LENGTH = 500_000;

/**
 * Elements that rss-parser would work on itself, and wrongly: it makes a snippet of a description by a regular expression
 * whose time grows with the square of the text, and fails the whole feed for one date of Atom that it can't read. They pass
 * it under another name.
 */
const HIDDEN = new Set(['description', 'content', 'content:encoded', 'summary', 'published', 'updated']);
const hide = (name: string): string => (HIDDEN.has(name) ? `raw:${name}` : name);

/** Elements that hold other elements; in any other, child elements are markup whose order xml2js does not keep. */
const CONTAINERS = new Set(['author', 'atom:author', 'media:group', 'media:content', 'image', 'guid', 'link']);

/** Raw fields beside the ones that rss-parser has itself: each element with its attributes, all of its namesakes. */
const rawFields = (names: readonly string[]) =>
  [...new Set(names.flatMap((name) => [name, name.toLowerCase()]))].map((name) => [
    hide(name),
    `all:${name.toLowerCase()}`,
    { keepArray: true },
  ]);
const ATTRIBUTES = ['$', 'attributes', { keepArray: true }];
const ITEM_FIELDS = [ATTRIBUTES, ...rawFields(ENTRY_ELEMENTS)];
const CHANNEL_FIELDS = [ATTRIBUTES, ...rawFields(FEED_ELEMENTS)];

/** What rss-parser does not tell: the root, how many items there are, and what it would lose. */
interface Observed {
  root: string;
  entries: number;
  loss: string;
}

/**
 * Reads a document with rss-parser.
 * @throws {Error} saying why it refused, or why what it understood would be wrong
 */
export async function readWithRssParser(data: string): Promise<Feed> {
  if (data.length > MAX_LENGTH) throw new Error(`${data.length} characters are too many for it`);
  if (endCdata(data) !== data) throw new Error('a CDATA section reaches over the end of its element');
  const observed: Observed = { root: '', entries: 0, loss: '' };
  const parser = new Parser<Record<string, unknown>, Record<string, unknown>>({
    // Its types know neither pairs for feed fields nor `keepArray` there; its code does.
    customFields: { item: ITEM_FIELDS as never, feed: CHANNEL_FIELDS as never },
    xml2js: {
      tagNameProcessors: [(name: string) => observeTag(observed, name)],
      attrValueProcessors: [(value: string, name: string) => observeAttribute(observed, value, name)],
    },
  });
  const output = await parser.parseString(data);
  if (observed.loss !== '') throw new Error(`it would lose ${observed.loss}`);
  if (output.items.length < observed.entries) {
    throw new Error(`it found ${output.items.length} of ${observed.entries} items`);
  }
  const format = observed.root === 'feed' ? 'atom' : 'rss';
  const own = toElement('feed', output);
  return {
    ...toFeed(own.children as XmlElement[], format, own.attributes['xml:lang']),
    entries: output.items.map((item) => toEntry(toElement('entry', item), format)),
    lost: 0,
  };
}

function observeTag(observed: Observed, name: string): string {
  observed.root ||= name;
  if (name === 'item' || name === 'entry') observed.entries += 1;
  return hide(name);
}

function observeAttribute(observed: Observed, value: string, name: string): string {
  const prefix = usualPrefix(value);
  if (name === 'xml:base') observed.loss = 'xml:base';
  else if (name === 'xml:lang' && observed.root === 'rss') observed.loss = 'the language of <rss>';
  else if (name.startsWith('xmlns:') && prefix !== undefined && name !== `xmlns:${prefix}`) observed.loss = name;
  return value;
}

/** A feed or item as rss-parser hands it out, its raw fields only. */
function toElement(name: string, fields: Readonly<Record<string, unknown>>): XmlElement {
  const children = Object.entries(fields).flatMap(([key, value]) =>
    key.startsWith('all:') && Array.isArray(value) ? value.map((node) => fromNode(key.slice(4), node)) : [],
  );
  return { name, attributes: toAttributes(fields.attributes), children, base: undefined };
}

/** A node of xml2js: a text, or an object with attributes (`$`), text (`_`) and lists of children by name. */
function fromNode(name: string, node: unknown): XmlElement {
  if (typeof node === 'string') return { name, attributes: {}, children: [node], base: undefined };
  const { $: attributes, _: text = '', ...rest } = node as { $?: unknown; _?: string; [child: string]: unknown };
  const children = Object.entries(rest).flatMap(([child, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => ({ child: child.toLowerCase(), each })),
  );
  if (children.length > 0 && (!CONTAINERS.has(name) || text.trim() !== '')) {
    throw new Error(`it would lose the markup in <${name}>`);
  }
  const elements = children.map(({ child, each }) => fromNode(child.replace(/^raw:/, ''), each));
  return { name, attributes: toAttributes(attributes), children: text === '' ? elements : [text], base: undefined };
}

function toAttributes(attributes: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries((attributes ?? {}) as Record<string, string>);
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}
