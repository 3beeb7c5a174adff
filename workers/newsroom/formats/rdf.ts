// RSS 1.0, which is RDF; its links carry tracking parameters.
import { articlePath, type Story } from '../story.ts';
import type { Channel, RenderedDocument } from './channel.ts';
import { escapeMarkup } from './markup.ts';

/** RSS 1.0 in UTF-8 with Dublin Core dates, authors and subjects. */
export function renderRdf(channel: Channel): RenderedDocument {
  const { baseUrl, stories } = channel;
  const about = (story: Story): string => escapeMarkup(baseUrl + articlePath(story));
  const item = (story: Story): string => `<item rdf:about="${about(story)}">
  <title>${escapeMarkup(story.title)}</title>
  <link>${about(story)}?utm_source=rdf&amp;utm_medium=feed</link>
  <description>${escapeMarkup(story.summary)}</description>
  <dc:creator>${escapeMarkup(story.author)}</dc:creator>
  <dc:date>${story.date.toISOString()}</dc:date>
  <dc:subject>${escapeMarkup(story.category)}</dc:subject>
</item>`;
  const xml = `<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="${escapeMarkup(baseUrl + channel.path)}">
  <title>${escapeMarkup(channel.title)}</title>
  <link>${escapeMarkup(baseUrl)}/</link>
  <description>${escapeMarkup(channel.description)}</description>
  <dc:language>${channel.language}</dc:language>
  <items><rdf:Seq>
${stories.map((story) => `    <rdf:li rdf:resource="${about(story)}"/>`).join('\n')}
  </rdf:Seq></items>
</channel>
${stories.map(item).join('\n')}
</rdf:RDF>
`;
  return { contentType: 'application/rdf+xml; charset=utf-8', body: Buffer.from(xml) };
}
