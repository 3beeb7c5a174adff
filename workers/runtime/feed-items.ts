// Counts the news items of each feed, with bounded labels: a feed's id comes with the message.
import type { Registry } from 'prom-client';
import { METRICS } from '../contract/metrics.ts';
import { counter } from './metrics.ts';

/** Feeds that a process counts one by one; those beyond are counted together, under no name. */
export const FEEDS_COUNTED = 1_000;

/** Makes the counter of a source's feeds. */
export function countFeedItems(registry: Registry, source: string): (feed: string, items: number) => void {
  const items = counter(registry, METRICS.feedItems);
  const known = new Set<string>();
  return (feed, count) => {
    if (known.size < FEEDS_COUNTED) known.add(feed);
    items.inc({ source, feed: known.has(feed) ? feed : '' }, count);
  };
}
