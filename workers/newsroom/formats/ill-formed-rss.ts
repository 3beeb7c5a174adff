// RSS as some programs write it: not well-formed, yet readable by whoever is patient.
import { articlePath, type Story } from '../story.ts';
import type { Channel, RenderedDocument } from './channel.ts';

/**
 * RSS 2.0 with bare ampersands, HTML entities that XML does not define, a void element left open, an attribute without
 * quotes, links relative to the document, and neither channel nor document closed. An XML parser refuses it.
 */
export function renderIllFormedRss(channel: Channel): RenderedDocument {
  // Titles keep to bare ampersands: not every reader of ill-formed XML decodes HTML entities.
  const item = (story: Story): string => `<item>
<title>${stripMarkup(story.title)}</title>
<link>${articlePath(story)}</link>
<pubDate>${story.date.toUTCString()}</pubDate>
<category>${stripMarkup(story.category)}</category>
<description>${stripMarkup(story.summary).replaceAll("'", '&rsquo;')}<br>&mdash;&nbsp;${stripMarkup(story.author)}</description>
</item>`;
  const xml = `<?xml version="1.0" encoding="utf-8"?>
<rss version=2.0>
<channel>
<title>${stripMarkup(channel.title)} &copy; News & More</title>
<link>${channel.baseUrl}/</link>
<description>${stripMarkup(channel.description)}</description>
<language>${channel.language}</language>
${channel.stories.map(item).join('\n')}
`;
  return { contentType: 'text/xml; charset=utf-8', body: Buffer.from(xml) };
}

/** Angle brackets would make it unreadable; everything else stays as it is. */
const stripMarkup = (text: string): string => text.replace(/[<>]/g, '');
