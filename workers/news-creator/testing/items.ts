// News items for tests.
import { newsId } from '../../contract/identity.ts';
import type { NewsItem } from '../../contract/messages.ts';

/** A valid item; equal numbers are the same news. */
export function newsItem(n: number | string, more: Partial<NewsItem> = {}): NewsItem {
  const title = `Bridge ${n} reopens`;
  const link = `https://papers.example/${n}`;
  return {
    id: newsId('title', { title, link }),
    title,
    description: `The bridge ${n} is open again.`,
    date: '2026-03-01T10:00:00Z',
    link,
    source: 'papers',
    ...more,
  };
}
