// From the elements of a feed and of its items or entries to the shape that all formats share.
import type { Feed, FeedAddress, FeedEntry, FeedText } from './entry.ts';
import { elementsOf, innerHtml, isElement, textOf, type XmlElement } from './xml-element.ts';

export type XmlFormat = 'rss' | 'atom';

/** Elements of an item or entry that are read, as publishers spell them. */
export const ENTRY_ELEMENTS = [
  ...['title', 'description', 'summary', 'content', 'content:encoded', 'dc:title', 'dc:description'],
  ...['atom:title', 'atom:summary', 'atom:content', 'itunes:summary', 'itunes:title'],
  ...['link', 'atom:link', 'guid', 'id', 'feedburner:origLink'],
  ...['pubDate', 'published', 'updated', 'issued', 'created', 'modified', 'date', 'dc:date', 'dcterms:issued'],
  ...['dcterms:created', 'dcterms:modified', 'atom:published', 'atom:updated'],
  ...['author', 'dc:creator', 'itunes:author', 'atom:author', 'language', 'dc:language'],
  ...['enclosure', 'media:group', 'media:content', 'media:thumbnail', 'media:title', 'media:description'],
  ...['itunes:image', 'image'],
] as const;

/** Elements of a channel or feed that are read. */
export const FEED_ELEMENTS = ['link', 'atom:link', 'language', 'dc:language', 'author'] as const;

const TITLES = ['title', 'atom:title', 'dc:title', 'media:title', 'itunes:title'];
const RSS_DESCRIPTIONS = ['description', 'summary', 'atom:summary', 'dc:description', 'itunes:summary'];
const FULL_TEXTS = ['content:encoded', 'content', 'atom:content', 'media:description'];
const DATES = [
  ...['pubdate', 'published', 'atom:published', 'issued', 'dcterms:issued', 'dc:date', 'date', 'created'],
  ...['dcterms:created', 'updated', 'atom:updated', 'modified', 'dcterms:modified'],
];
/** Relations of links that lead to something other than the page of the entry. */
const OTHER_RELATIONS =
  /^(?:self|edit|edit-media|enclosure|replies|hub|next|prev|previous|first|last|license|icon|image)$/i;

/** Characters of an author's name that are looked at. */
const MAX_AUTHOR = 500;

type Children = ReadonlyMap<string, readonly XmlElement[]>;

function byName(elements: readonly XmlElement[]): Children {
  const children = new Map<string, XmlElement[]>();
  for (const element of elements) {
    const namesakes = children.get(element.name);
    if (namesakes) namesakes.push(element);
    else children.set(element.name, [element]);
  }
  return children;
}

const pick = (children: Children, ...names: readonly string[]): XmlElement[] =>
  names.flatMap((name) => children.get(name) ?? []);

const texts = (elements: readonly XmlElement[]): string[] =>
  elements.map((element) => textOf(element).trim()).filter((text) => text !== '');

/** Reads an entry. Never throws: what is missing is an empty list or text. */
export function toEntry(element: XmlElement, format: XmlFormat): FeedEntry {
  const children = byName(elementsOf(element));
  const media = byName(pick(children, 'media:group').flatMap(elementsOf));
  const all = (...names: string[]) => [...pick(children, ...names), ...pick(media, ...names)];
  const read = (elements: readonly XmlElement[]) =>
    elements.map((found) => toText(found, format)).filter((text) => text !== undefined);
  return {
    titles: read(all(...TITLES)),
    descriptions: read(all(...RSS_DESCRIPTIONS, ...FULL_TEXTS)),
    dates: texts(pick(children, ...DATES)),
    links: entryLinks(element, children),
    images: entryImages(children, media),
    author: authorOf(children),
    language: element.attributes['xml:lang'] ?? texts(pick(children, 'dc:language', 'language'))[0] ?? '',
  };
}

/** Reads what a feed says about itself. */
export function toFeed(
  elements: readonly XmlElement[],
  format: XmlFormat,
  language: string | undefined,
): Pick<Feed, 'links' | 'author' | 'language'> {
  const children = byName(elements);
  return {
    links: pageLinks(children),
    author: format === 'atom' ? authorOf(children) : '',
    language: texts(pick(children, 'language', 'dc:language'))[0] ?? language ?? '',
  };
}

/** What kind of text an element holds: RSS has HTML everywhere, Atom says it in attributes. */
function toText(element: XmlElement, format: XmlFormat): FeedText | undefined {
  const type = (element.attributes.type ?? '').trim().toLowerCase();
  const hasMarkup = element.children.some(isElement);
  const prefix = /^(?:(\w+):)?/.exec(element.name)?.[1];
  if (prefix === 'media') return { kind: type === 'html' ? 'html' : 'text', value: textOf(element) };
  if (prefix === undefined ? format === 'rss' : prefix !== 'atom')
    return { kind: 'html', value: innerHtml(element, 'keep') };
  if (element.attributes.mode === 'base64') return undefined;
  if (hasMarkup || type === 'xhtml' || type === 'application/xhtml+xml') {
    return { kind: 'html', value: innerHtml(element, type === 'html' ? 'keep' : 'escape') };
  }
  if (type === 'html' || type === 'text/html') return { kind: 'html', value: textOf(element) };
  if (type === '') return { kind: 'text', value: textOf(element) };
  return type === 'text' || type.startsWith('text/') ? { kind: 'literal', value: textOf(element) } : undefined;
}

const address = (element: XmlElement, href: string): FeedAddress => ({ href, base: element.base });

/** Links to a page, best first: as text (RSS), then by relation and media type (Atom). */
function pageLinks(children: Children): FeedAddress[] {
  const found = pick(children, 'link', 'atom:link');
  const written = found.flatMap((link) => texts([link]).map((href) => address(link, href)));
  const rank = (link: XmlElement): number => {
    const relation = link.attributes.rel ?? 'alternate';
    if (relation !== 'alternate') return OTHER_RELATIONS.test(relation) ? 3 : 2;
    return /^(?:text\/html|application\/xhtml\+xml)?$/i.test(link.attributes.type ?? '') ? 0 : 1;
  };
  const related = found.filter((link) => link.attributes.href && rank(link) < 3).sort((a, b) => rank(a) - rank(b));
  return [...written, ...related.map((link) => address(link, link.attributes.href as string))];
}

function entryLinks(entry: XmlElement, children: Children): FeedAddress[] {
  // Identifiers are links of last resort, and only when they look like one: they need not lead anywhere.
  const identifiers = pick(children, 'guid', 'id')
    .filter((element) => element.attributes.ispermalink?.trim().toLowerCase() !== 'false')
    .map((element) => address(element, textOf(element).trim()));
  const about = entry.attributes['rdf:about'];
  if (about !== undefined) identifiers.push(address(entry, about.trim()));
  const original = pick(children, 'feedburner:origlink').map((element) => address(element, textOf(element)));
  return [...original, ...pageLinks(children), ...identifiers.filter(({ href }) => /^https?:\/\//i.test(href))];
}

function isImage({ type, medium, url }: Readonly<Record<string, string>>): boolean {
  if (type) return /^image\//i.test(type);
  return medium ? medium === 'image' : /\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)/i.test(url ?? '');
}

function entryImages(children: Children, media: Children): FeedAddress[] {
  const contents = [...pick(children, 'media:content'), ...pick(media, 'media:content')];
  const nested = byName(contents.flatMap(elementsOf));
  const images = contents.filter(({ attributes }) => isImage(attributes));
  const thumbnails = [children, media, nested].flatMap((elements) => pick(elements, 'media:thumbnail'));
  const enclosures = pick(children, 'enclosure').filter(({ attributes }) => isImage(attributes));
  const linked = pick(children, 'link', 'atom:link').filter(
    ({ attributes }) => attributes.rel === 'enclosure' && /^image\//i.test(attributes.type ?? ''),
  );
  const own = pick(children, 'itunes:image', 'image');
  return [...enclosures, ...linked, ...images, ...thumbnails, ...own]
    .map((element) => {
      const { url, href } = element.attributes;
      const inner = elementsOf(element).find(({ name }) => name === 'url');
      return address(element, (url ?? href ?? textOf(inner ?? element)).trim());
    })
    .filter(({ href }) => href !== '');
}

/** Names of the authors. `jane@example.org (Jane Doe)` and `Jane Doe <jane@example.org>` are Jane Doe. */
function authorOf(children: Children): string {
  const names = pick(children, 'dc:creator', 'author', 'atom:author', 'itunes:author').map((author) => {
    const parts = byName(elementsOf(author));
    const [name] = texts(pick(parts, 'name', 'atom:name', 'email', 'atom:email'));
    const written = (name ?? textOf(author).trim()).slice(0, MAX_AUTHOR);
    return /^\S+@\S+\s+\((.+)\)$/.exec(written)?.[1] ?? /^([^<]+?)\s*<[^>]*@[^>]*>$/.exec(written)?.[1] ?? written;
  });
  return [...new Set(names.filter((name) => name !== ''))].join(', ');
}
