import { expect, it } from 'vitest';
import { METRICS } from '../contract/metrics.ts';
import { countFeedItems, FEEDS_COUNTED } from './feed-items.ts';
import { Registry } from './metrics.ts';

it('counts each feed, and those beyond the bound together', async () => {
  const registry = new Registry();
  const count = countFeedItems(registry, 'harbour');
  for (let feed = 0; feed < FEEDS_COUNTED + 5; feed += 1) count(`feed-${feed}`, 2);
  count('feed-0', 3);
  const values = (await registry.getSingleMetric(METRICS.feedItems.name)?.get())?.values ?? [];
  expect(values).toHaveLength(FEEDS_COUNTED + 1);
  const of = (feed: string) => values.find(({ labels }) => labels.feed === feed)?.value;
  expect([of('feed-0'), of(`feed-${FEEDS_COUNTED - 1}`), of('')]).toEqual([5, 2, 10]);
});
