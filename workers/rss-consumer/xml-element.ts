// An XML element as both XML readers hand it on, whatever parser it came from.

export interface XmlElement {
  /** Lower case, with the usual prefix of its namespace: `title`, `dc:creator`, `media:content`. */
  readonly name: string;
  /** By lower-case name, prefix included. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Texts have their character references decoded. */
  readonly children: (string | XmlElement)[];
  /** The absolute `xml:base` in force inside, if any. */
  readonly base: string | undefined;
}

/** Namespaces whose elements mean something to us, with the prefix that the rest of the code knows them by. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2005/Atom', 'atom'],
  ['http://purl.org/atom/ns#', 'atom'],
  ['http://www.w3.org/1999/02/22-rdf-syntax-ns#', 'rdf'],
  ['http://purl.org/rss/1.0/', ''],
  ['http://my.netscape.com/rdf/simple/0.9/', ''],
  ['http://purl.org/rss/1.0/modules/content/', 'content'],
  ['http://purl.org/dc/elements/1.1/', 'dc'],
  ['http://purl.org/dc/terms/', 'dcterms'],
  ['http://search.yahoo.com/mrss/', 'media'],
  ['http://search.yahoo.com/mrss', 'media'],
  ['http://www.itunes.com/dtds/podcast-1.0.dtd', 'itunes'],
  ['http://rssnamespace.org/feedburner/ext/1.0', 'feedburner'],
  ['http://www.w3.org/1999/xhtml', 'xhtml'],
]);

/** The usual prefix of a namespace; undefined when it means nothing to us. */
export const usualPrefix = (namespace: string): string | undefined => PREFIXES.get(namespace.trim());

export const isElement = (node: string | XmlElement): node is XmlElement => typeof node !== 'string';

/** The element's own text and that of everything in it. */
export function textOf(element: XmlElement | undefined): string {
  if (!element) return '';
  return element.children.map((child) => (isElement(child) ? textOf(child) : child)).join('');
}

export const elementsOf = (element: XmlElement): XmlElement[] => element.children.filter(isElement);

const escapeMarkup = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/**
 * Writes what an element contains as HTML.
 * @param texts `escape` where text is text (xhtml), `keep` where it is HTML source itself
 */
export function innerHtml(element: XmlElement, texts: 'escape' | 'keep'): string {
  return element.children
    .map((child) => {
      if (!isElement(child)) return texts === 'escape' ? escapeMarkup(child) : child;
      const name = child.name.replace(/^xhtml:/, '');
      return `<${name}>${innerHtml(child, texts)}</${name}>`;
    })
    .join('');
}
