// RSS 2.0, RSS 0.91, and RSS 2.0 in ISO-8859-1.
import { articlePath, imagePath, type Story } from '../story.ts';
import { type Channel, type RenderedDocument, updatedAt } from './channel.ts';
import { cdata, escapeMarkup, toParagraph } from './markup.ts';

/** RSS 2.0 in UTF-8: descriptions as HTML in CDATA, authors as dc:creator, images as enclosures. */
export function renderRss(channel: Channel): RenderedDocument {
  return {
    contentType: 'application/rss+xml; charset=utf-8',
    body: Buffer.from(renderRss2(channel, 'utf-8', (story) => cdata(toParagraph(story.summary)))),
  };
}

/**
 * RSS 2.0 in ISO-8859-1. Only its XML declaration says so, as is common; what the encoding lacks is written as numeric
 * references, for which descriptions are escaped HTML and not CDATA.
 */
export function renderLatin1Rss(channel: Channel): RenderedDocument {
  const xml = renderRss2(channel, 'ISO-8859-1', (story) => escapeMarkup(toParagraph(story.summary)));
  const encodable = xml.replace(/[\u0080-\u009f\u0100-\u{10ffff}]/gu, (character) => `&#${character.codePointAt(0)};`);
  return { contentType: 'application/rss+xml', body: Buffer.from(encodable, 'latin1') };
}

function renderRss2(channel: Channel, encoding: string, describe: (story: Story) => string): string {
  const { baseUrl, stories } = channel;
  const item = (story: Story): string => `  <item>
    <title>${escapeMarkup(story.title)}</title>
    <link>${escapeMarkup(baseUrl + articlePath(story))}</link>
    <guid isPermaLink="false">${escapeMarkup(story.id)}</guid>
    <pubDate>${story.date.toUTCString()}</pubDate>
    <dc:creator>${escapeMarkup(story.author)}</dc:creator>
    <category>${escapeMarkup(story.category)}</category>
    <description>${describe(story)}</description>${
      story.hasImage
        ? `\n    <enclosure url="${escapeMarkup(baseUrl + imagePath(story))}" type="image/svg+xml" length="0"/>`
        : ''
    }
  </item>`;
  return `<?xml version="1.0" encoding="${encoding}"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
  <title>${escapeMarkup(channel.title)}</title>
  <link>${escapeMarkup(baseUrl)}/</link>
  <description>${escapeMarkup(channel.description)}</description>
  <language>${channel.language}</language>
  <lastBuildDate>${updatedAt(channel).toUTCString()}</lastBuildDate>
  <ttl>1</ttl>
  <atom:link href="${escapeMarkup(baseUrl + channel.path)}" rel="self" type="application/rss+xml"/>
${stories.map(item).join('\n')}
</channel>
</rss>
`;
}

/** RSS 0.91: items with a title, a link and a plain description, and no dates. */
export function renderOldRss(channel: Channel): RenderedDocument {
  const item = (story: Story): string => `  <item>
    <title>${escapeMarkup(story.title)}</title>
    <link>${escapeMarkup(channel.baseUrl + articlePath(story))}</link>
    <description>${escapeMarkup(story.summary)}</description>
  </item>`;
  const xml = `<?xml version="1.0"?>
<rss version="0.91">
<channel>
  <title>${escapeMarkup(channel.title)}</title>
  <link>${escapeMarkup(channel.baseUrl)}/</link>
  <description>${escapeMarkup(channel.description)}</description>
  <language>${channel.language}</language>
${channel.stories.map(item).join('\n')}
</channel>
</rss>
`;
  return { contentType: 'text/xml; charset=utf-8', body: Buffer.from(xml) };
}
