// A document as the API shows it.
import type { NewsPage, StoredNews } from '../contract/news-api.ts';
import type { NewsDocument } from '../contract/stored-news.ts';
import { writeCursor } from './cursor.ts';
import type { Page } from './news-archive.ts';

export const toStoredNews = (document: NewsDocument): StoredNews => ({
  id: document._id,
  title: document.title,
  description: document.description,
  date: document.date?.toISOString() ?? null,
  link: document.link,
  author: document.author ?? null,
  image: document.image ?? null,
  language: document.language ?? null,
  sources: document.sources,
  storedAt: document.storedAt.toISOString(),
});

export const toNewsPage = ({ documents, end }: Page): NewsPage => ({
  items: documents.map(toStoredNews),
  next: end ? writeCursor(end) : null,
});
