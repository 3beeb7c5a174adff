// A news item as the page shows it: plain, and no longer than a list wants.
import type { ProcessedNews } from '../contract/messages.ts';
import { clip } from './clip.ts';
import type { NewsEntry } from './snapshot.ts';

/** Makes the entry of an item that has just been processed. */
export const newsEntry = (
  item: ProcessedNews,
  seen: { readonly seq: number; readonly at: Date; readonly latencyMs: number | null },
): NewsEntry => ({
  seq: seen.seq,
  id: item.id,
  title: clip(item.title, 300),
  description: clip(item.description, 400),
  link: webAddress(item.link),
  source: item.source,
  author: item.author === undefined ? null : clip(item.author, 100),
  language: item.language ?? null,
  date: item.date,
  at: seen.at.toISOString(),
  latencyMs: seen.latencyMs,
});

function webAddress(link: string): string {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.href : '';
}
