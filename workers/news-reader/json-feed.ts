// Stored news as JSON Feed 1.1. It is plain JSON, and of the library that makes the others it would be version 1.0.
import type { NewsDocument } from '../contract/stored-news.ts';
import { type FeedFrame, newsTag } from './feed-frame.ts';
import { webAddress } from './feed-text.ts';

/** Renders a JSON Feed. */
export function renderJsonFeed(frame: FeedFrame, documents: readonly NewsDocument[]): string {
  return JSON.stringify({
    version: 'https://jsonfeed.org/version/1.1',
    title: frame.title,
    description: frame.description,
    home_page_url: frame.page,
    feed_url: frame.self,
    items: documents.map(itemOf),
  });
}

/** What is undefined is left out. */
const itemOf = (document: NewsDocument) => ({
  id: newsTag(document._id),
  url: webAddress(document.link),
  title: document.title,
  content_text: document.description || document.title,
  image: webAddress(document.image),
  date_published: document.date?.toISOString(),
  date_modified: document.storedAt.toISOString(),
  authors: document.author === undefined ? undefined : [{ name: document.author }],
  tags: document.sources,
  language: document.language,
});
