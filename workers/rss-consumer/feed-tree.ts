// Builds the elements of a feed from the events of a forgiving parser, item by item, and recovers from unclosed tags.
import type { Handler } from 'htmlparser2';
import { decodeReferences } from '../runtime/text.ts';
import { usualPrefix, type XmlElement } from './xml-element.ts';
import type { XmlFormat } from './xml-entry.ts';

/** Elements inside one another; no feed needs more, and what follows recurses. */
const MAX_DEPTH = 250;
/** Elements that the parser believes to be open, unclosed ones included: its work grows with their number. */
const MAX_OPEN = 2_000;

const ROOTS: Readonly<Record<string, XmlFormat>> = { rss: 'rss', 'rdf:rdf': 'rss', feed: 'atom', 'atom:feed': 'atom' };
const ENTRIES = new Set(['item', 'entry']);

/** Elements of an entry that hold text alone: the beginning of another one shows that the end tag is missing. */
const PLAIN = new Set([
  'title',
  'link',
  'guid',
  'id',
  'pubdate',
  'dc:date',
  'published',
  'updated',
  'category',
  'comments',
]);
/** Elements that hold markup: only the beginning of what is no HTML element shows it. */
const RICH = new Set(['description', 'summary', 'content', 'content:encoded']);
const NOT_HTML = ['pubdate', 'guid', 'dc:date', 'dc:creator', 'published', 'updated', 'content:encoded', 'category'];
const ENDS_RICH = new Set(NOT_HTML);
const ENDS_PLAIN = new Set([
  ...NOT_HTML,
  'title',
  'link',
  'id',
  'author',
  'description',
  'summary',
  'content',
  'comments',
]);

export class FeedTree implements Partial<Handler> {
  format: XmlFormat | undefined;
  /** Name of the first element, for messages. */
  first = '';
  rootClosed = false;
  /** Whether there was a channel, or, in Atom, anything at all in the feed. */
  hasChannel = false;
  /** Entries completed since the last look; whoever looks takes them away. */
  readonly entries: XmlElement[] = [];
  /** Children of the feed or channel. */
  readonly about: XmlElement[] = [];
  language: string | undefined;

  readonly #documentUrl: string;
  readonly #stack: XmlElement[] = [];
  readonly #prefixes = new Map<string, string>();
  /** Text not decoded yet: a character reference may come in pieces. */
  #text = '';
  #open = 0;
  #inCdata = false;

  constructor(documentUrl: string) {
    this.#documentUrl = documentUrl;
  }

  onopentag(written: string, attributes: Record<string, string>): void {
    this.#open += 1;
    if (this.#open > MAX_OPEN) throw new Error(`more than ${MAX_OPEN} elements are open at once`);
    this.#flush();
    for (const key of Object.keys(attributes)) this.#readAttribute(attributes, key);
    const name = this.#qualify(written);
    this.first ||= name;
    if (this.format === undefined && !this.#begin(name)) return;
    if (ENTRIES.has(name)) this.#closeEntry();
    else this.#closeUnclosed(name);
    if (this.#stack.length >= MAX_DEPTH) throw new Error(`elements are nested more than ${MAX_DEPTH} deep`);
    this.#push({ name, attributes, children: [], base: this.#baseOf(attributes) });
  }

  ontext(data: string): void {
    const top = this.#stack.at(-1);
    if (!top) return;
    if (this.#inCdata) top.children.push(data);
    else this.#text += data;
  }

  oncdatastart(): void {
    this.#flush();
    this.#inCdata = true;
  }

  oncdataend(): void {
    this.#inCdata = false;
  }

  onclosetag(written: string, implied: boolean): void {
    this.#open -= 1;
    this.#flush();
    const name = this.#qualify(written);
    const position = this.#stack.findLastIndex((element) => element.name === name);
    // What the parser closes by implication may be closed here already; a namesake further out must stay open.
    if (position === -1 || (implied && position !== this.#stack.length - 1)) return;
    while (this.#stack.length > position) this.#pop();
  }

  /**
   * Ends a document that may be cut off. What the end cuts is not trusted: half a title or link would make another item
   * of it; the entry stays only if its title was complete.
   * @returns how many entries were given up: 0 or 1
   */
  finish(): number {
    const entry = this.#stack.find((element) => ENTRIES.has(element.name));
    if (!entry) return 0;
    const cut = this.#stack[this.#stack.indexOf(entry) + 1];
    if (cut) entry.children.splice(entry.children.indexOf(cut), 1);
    const hasTitle = entry.children.some((child) => typeof child !== 'string' && child.name === 'title');
    if (hasTitle) this.entries.push(entry);
    return hasTitle ? 0 : 1;
  }

  /** Takes an element as the root if it can be one. */
  #begin(name: string): boolean {
    if (name === 'html') throw new Error('its root element is <html>');
    this.format = Object.hasOwn(ROOTS, name) ? ROOTS[name] : undefined;
    return this.format !== undefined;
  }

  #push(element: XmlElement): void {
    const parent = this.#stack.at(-1);
    const inEntry = this.#stack.some(({ name }) => ENTRIES.has(name));
    if (inEntry) parent?.children.push(element);
    else if (!ENTRIES.has(element.name)) {
      if (element.name === 'channel' || (this.format === 'atom' && parent)) this.hasChannel = true;
      if (!parent || element.name === 'channel') this.language ??= element.attributes['xml:lang'];
      if (this.#stack.length === 1 || parent?.name === 'channel') this.about.push(element);
      else parent?.children.push(element);
    } else this.hasChannel = true;
    this.#stack.push(element);
  }

  #pop(): void {
    const element = this.#stack.pop();
    if (element && ENTRIES.has(element.name)) this.entries.push(element);
    if (this.#stack.length === 0) this.rootClosed = true;
  }

  /** An entry that begins inside another shows that the other one's end tag is missing. */
  #closeEntry(): void {
    const position = this.#stack.findIndex((element) => ENTRIES.has(element.name));
    if (position !== -1) while (this.#stack.length > position) this.#pop();
  }

  #closeUnclosed(name: string): void {
    const entry = this.#stack.findIndex((element) => ENTRIES.has(element.name));
    const field = entry === -1 ? undefined : this.#stack[entry + 1];
    if (!field) return;
    const ends = (PLAIN.has(field.name) && ENDS_PLAIN.has(name)) || (RICH.has(field.name) && ENDS_RICH.has(name));
    if (ends) while (this.#stack.length > entry + 1) this.#pop();
  }

  #flush(): void {
    if (this.#text === '') return;
    this.#stack.at(-1)?.children.push(decodeReferences(this.#text));
    this.#text = '';
  }

  #readAttribute(attributes: Record<string, string>, key: string): void {
    const value = decodeReferences(attributes[key] as string);
    attributes[key] = value;
    const prefix = key.startsWith('xmlns:') ? usualPrefix(value) : undefined;
    if (prefix !== undefined) this.#prefixes.set(key.slice('xmlns:'.length), prefix);
  }

  /** Gives an element the usual prefix of its namespace, and the elements of an Atom feed none. */
  #qualify(written: string): string {
    const colon = written.indexOf(':');
    if (colon === -1) return written;
    const prefix = this.#prefixes.get(written.slice(0, colon)) ?? written.slice(0, colon);
    const local = written.slice(colon + 1);
    return prefix === '' || (prefix === 'atom' && this.format === 'atom') ? local : `${prefix}:${local}`;
  }

  #baseOf(attributes: Readonly<Record<string, string>>): string | undefined {
    const outer = this.#stack.at(-1)?.base;
    const written = attributes['xml:base'];
    if (written === undefined) return outer;
    const from = outer ?? this.#documentUrl;
    if (URL.canParse(written, from)) return new URL(written, from).href;
    return URL.canParse(written) ? new URL(written).href : outer;
  }
}
