// Atom, with content as escaped HTML or as XHTML.
import { articlePath, imagePath, type Story } from '../story.ts';
import { type Channel, type RenderedDocument, updatedAt } from './channel.ts';
import { escapeMarkup, toParagraph } from './markup.ts';

/** Atom 1.0 in UTF-8 with a plain summary and content as escaped HTML. */
export function renderHtmlAtom(channel: Channel): RenderedDocument {
  return renderAtom(channel, (story) => {
    const image = story.hasImage ? `<p><img src="${escapeMarkup(channel.baseUrl + imagePath(story))}" alt=""></p>` : '';
    return `<summary>${escapeMarkup(story.summary)}</summary>
  <content type="html">${escapeMarkup(toParagraph(story.summary) + image)}</content>`;
  });
}

/** Atom 1.0 in UTF-8 with content as XHTML and no summary. */
export function renderXhtmlAtom(channel: Channel): RenderedDocument {
  return renderAtom(
    channel,
    (story) =>
      `<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">${toParagraph(story.summary)}</div></content>`,
  );
}

function renderAtom(channel: Channel, describe: (story: Story) => string): RenderedDocument {
  const { baseUrl, path } = channel;
  const authority = new URL(baseUrl).hostname;
  const entry = (story: Story): string => `<entry>
  <title>${escapeMarkup(story.title)}</title>
  <link rel="alternate" type="text/html" href="${escapeMarkup(baseUrl + articlePath(story))}"/>
  <id>tag:${authority},2026:${escapeMarkup(story.id)}</id>
  <published>${story.date.toISOString()}</published>
  <updated>${story.date.toISOString()}</updated>
  <author><name>${escapeMarkup(story.author)}</name></author>
  <category term="${escapeMarkup(story.category)}"/>
  ${describe(story)}
</entry>`;
  const xml = `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${channel.language}">
<title>${escapeMarkup(channel.title)}</title>
<subtitle>${escapeMarkup(channel.description)}</subtitle>
<id>tag:${authority},2026:${escapeMarkup(path)}</id>
<updated>${updatedAt(channel).toISOString()}</updated>
<link rel="alternate" type="text/html" href="${escapeMarkup(baseUrl)}/"/>
<link rel="self" type="application/atom+xml" href="${escapeMarkup(baseUrl + path)}"/>
${channel.stories.map(entry).join('\n')}
</feed>
`;
  return { contentType: 'application/atom+xml; charset=utf-8', body: Buffer.from(xml) };
}
