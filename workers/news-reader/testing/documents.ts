// Stored news for tests.
import { newsId } from '../../contract/identity.ts';
import { type NewsDocument, searchTerms } from '../../contract/stored-news.ts';

const BEGINNING_MS = Date.parse('2026-03-01T10:00:00Z');

/** A document as news-creator makes it; the n-th is stored n seconds after the first. */
export function newsDocument(n: number, more: Partial<NewsDocument> = {}): NewsDocument {
  const title = more.title ?? `Bridge ${n} reopens`;
  return {
    _id: newsId('title', { title: `${n} ${title}`, link: '' }),
    title,
    description: `The bridge ${n} is open again.`,
    date: new Date('2026-02-28T08:30:00Z'),
    link: `https://papers.example/${n}`,
    sources: ['papers'],
    storedAt: new Date(BEGINNING_MS + n * 1_000),
    createdBy: `${n}@1`,
    terms: searchTerms(title),
    ...more,
  };
}
