// The formats by name.
import { renderHtmlAtom, renderXhtmlAtom } from './atom.ts';
import type { Channel, RenderedDocument } from './channel.ts';
import { renderIllFormedRss } from './ill-formed-rss.ts';
import { renderJsonFeed } from './json-feed.ts';
import { renderRdf } from './rdf.ts';
import { renderLatin1Rss, renderOldRss, renderRss } from './rss.ts';

export const FORMATS = {
  rss: { extension: 'rss', says: 'RSS 2.0', render: renderRss },
  'latin1-rss': { extension: 'rss', says: 'RSS 2.0 in ISO-8859-1', render: renderLatin1Rss },
  'old-rss': { extension: 'rss', says: 'RSS 0.91', render: renderOldRss },
  'ill-formed-rss': { extension: 'rss', says: 'RSS 2.0, ill-formed', render: renderIllFormedRss },
  rdf: { extension: 'rdf', says: 'RSS 1.0', render: renderRdf },
  'html-atom': { extension: 'atom', says: 'Atom with HTML', render: renderHtmlAtom },
  'xhtml-atom': { extension: 'atom', says: 'Atom with XHTML', render: renderXhtmlAtom },
  'json-feed': { extension: 'json', says: 'JSON Feed', render: renderJsonFeed },
} as const satisfies Record<
  string,
  { extension: string; says: string; render: (channel: Channel) => RenderedDocument }
>;

export type FormatName = keyof typeof FORMATS;
