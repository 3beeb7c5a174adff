import { describe, expect, it } from 'vitest';
import { normaliseTitle } from '../contract/identity.ts';
import { LIVE_FEEDS, LIVE_ITEMS, liveFeed, liveStory } from './live.ts';
import { AGENCY } from './papers.ts';
import { readDocument } from './test-reader.ts';

const NOW = Date.UTC(2025, 5, 1, 12);
const OPTIONS = { seed: 'test', intervalMs: 1_500 };
const BASE = 'http://127.0.0.1:8700';
const NAMES = LIVE_FEEDS.map(({ name }) => name);
const titlesOf = (name: string, now: number) => liveFeed(name, now, OPTIONS).stories.map(({ title }) => title);
const MINUTE_MS = 60_000;

describe('the live feeds', () => {
  it('are at least eight, in rss, atom, json and rdf', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(8);
    const extensions = new Set(LIVE_FEEDS.map(({ path }) => path.split('.')[1]));
    expect(extensions).toEqual(new Set(['rss', 'atom', 'json', 'rdf']));
    expect(new Set(LIVE_FEEDS.map(({ path }) => path)).size).toBe(NAMES.length);
  });

  it.each(NAMES)('%s lists its latest items, newest first, and none of the future', (name) => {
    const { stories } = liveFeed(name, NOW, OPTIONS);
    expect(stories).toHaveLength(LIVE_ITEMS);
    const dates = stories.map(({ date }) => date.getTime());
    expect(dates).toEqual(dates.toSorted((a, b) => b - a));
    expect(dates[0]).toBeLessThanOrEqual(NOW);
    expect(dates[0]).toBeGreaterThan(NOW - MINUTE_MS);
    expect(dates.at(-1)).toBeGreaterThan(NOW - 15 * MINUTE_MS);
  });

  it.each(NAMES)('%s is a document that can be read, of moderate size', async (name) => {
    const feed = liveFeed(name, NOW, OPTIONS);
    const document = feed.render(BASE);
    const read = await readDocument(document);
    const expected = name === 'broken' ? 'htmlparser2' : name === 'science' ? 'json-feed' : 'rss-parser';
    expect(read?.reader).toBe(expected);
    expect(read?.items.map(({ title }) => title)).toEqual(feed.stories.map(({ title }) => title));
    expect(document.body.length).toBeLessThan(100_000);
  });

  it('depend on the seed and the clock alone', () => {
    for (const name of NAMES) {
      expect(liveFeed(name, NOW, OPTIONS).render(BASE)).toEqual(liveFeed(name, NOW, OPTIONS).render(BASE));
      expect(titlesOf(name, NOW)).not.toEqual(
        liveFeed(name, NOW, { ...OPTIONS, seed: 'other' }).stories.map(({ title }) => title),
      );
    }
  });

  it('move on: one item per interval over all feeds, each listed at once and for good', () => {
    const count = 100;
    const listed = new Set<string>();
    for (let step = 1; step <= count; step++) {
      const now = NOW + step * OPTIONS.intervalMs;
      const fresh = NAMES.flatMap((name) => liveFeed(name, now, OPTIONS).stories).filter(
        ({ date }) => date.getTime() === now,
      );
      expect(fresh).toHaveLength(1);
      for (const { id } of fresh) listed.add(id);
    }
    expect(listed.size).toBe(count);
  });

  it('never lose an item between two polls of the longest interval in newsroom.yaml', () => {
    for (const name of NAMES) {
      const before = liveFeed(name, NOW, OPTIONS).stories[0]?.id;
      expect(liveFeed(name, NOW + 15_000, OPTIONS).stories.map(({ id }) => id)).toContain(before);
    }
  });

  it('have the papers repeat the agency a bit later, in other typography', () => {
    const agency = new Map(
      Array.from({ length: 40 }, (_, step) => liveFeed(AGENCY.name, NOW - step * MINUTE_MS, OPTIONS).stories)
        .flat()
        .map((story) => [normaliseTitle(story.title), story]),
    );
    const printed = NAMES.filter((name) => name !== AGENCY.name).flatMap(
      (name) => liveFeed(name, NOW, OPTIONS).stories,
    );
    const repeated = printed.filter(({ author }) => author.endsWith(`, with ${AGENCY.title}`));
    expect(repeated.length / printed.length).toBeGreaterThan(0.15);
    expect(repeated.length / printed.length).toBeLessThan(0.6);
    for (const { title, date } of repeated) {
      const original = agency.get(normaliseTitle(title));
      expect(original, title).toBeDefined();
      expect(title).not.toBe(original?.title);
      const delayMs = date.getTime() - (original?.date.getTime() ?? 0);
      expect(delayMs).toBeGreaterThan(0);
      expect(delayMs).toBeLessThan(2 * MINUTE_MS);
    }
  });

  it('have thousands of distinct titles', () => {
    const titles = new Map<string, string>();
    for (let step = 0; step < 150; step++) {
      for (const { id, title } of liveFeed(AGENCY.name, NOW + step * 2 * MINUTE_MS, OPTIONS).stories)
        titles.set(id, title);
    }
    expect(titles.size).toBeGreaterThan(2_900);
    expect(new Set([...titles.values()].map(normaliseTitle)).size).toBeGreaterThan(titles.size * 0.99);
  });

  it('start with few items when the clock does', () => {
    expect(liveFeed('world', 0, OPTIONS).stories.length).toBeLessThanOrEqual(1);
    expect(liveFeed('agency', 60_000, OPTIONS).stories.length).toBeLessThan(LIVE_ITEMS);
  });

  it('name those that there are when asked for another', () => {
    expect(() => liveFeed('weather', NOW)).toThrow('no live feed "weather"; there are agency, world');
  });
});

describe('liveStory', () => {
  it('finds every listed story by its id, also long after', () => {
    for (const name of NAMES) {
      for (const story of liveFeed(name, NOW, OPTIONS).stories) {
        expect(liveStory(story.id, NOW + 1_000 * MINUTE_MS, OPTIONS)).toEqual(story);
      }
    }
  });

  it('knows nothing of the future, nor of ids that are none', () => {
    const id = Math.ceil(NOW / OPTIONS.intervalMs + 1).toString(36);
    expect(liveStory(id, NOW, OPTIONS)).toBeUndefined();
    expect(liveStory(id, NOW + 10_000, OPTIONS)?.id).toBe(id);
    for (const wrong of ['', '00a', 'A', '-1', '../x', 'zzzzzzzzzzzz']) {
      expect(liveStory(wrong, NOW, OPTIONS), wrong).toBeUndefined();
    }
  });
});
