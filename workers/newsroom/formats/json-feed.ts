// JSON Feed 1.1.
import { articlePath, imagePath } from '../story.ts';
import type { Channel, RenderedDocument } from './channel.ts';
import { toParagraph } from './markup.ts';

/** JSON Feed 1.1 with plain and HTML content. */
export function renderJsonFeed(channel: Channel): RenderedDocument {
  const { baseUrl } = channel;
  const feed = {
    version: 'https://jsonfeed.org/version/1.1',
    title: channel.title,
    description: channel.description,
    home_page_url: `${baseUrl}/`,
    feed_url: baseUrl + channel.path,
    language: channel.language,
    items: channel.stories.map((story) => ({
      id: story.id,
      url: baseUrl + articlePath(story),
      title: story.title,
      summary: story.summary,
      content_html: toParagraph(story.summary),
      date_published: story.date.toISOString(),
      authors: [{ name: story.author }],
      tags: [story.category],
      language: story.language,
      ...(story.hasImage ? { image: baseUrl + imagePath(story) } : {}),
    })),
  };
  return { contentType: 'application/feed+json; charset=utf-8', body: Buffer.from(JSON.stringify(feed, null, 1)) };
}
