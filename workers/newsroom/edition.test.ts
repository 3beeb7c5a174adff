import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RssSource, SourceDefinition } from '../contract/definition.ts';
import { newsId, normaliseTitle } from '../contract/identity.ts';
import { parseDefinition } from '../contract/parse-definition.ts';
import { buildEdition, describeEdition, editionDefinition } from './edition.ts';
import { LIVE_FEEDS } from './live.ts';
import { readDocument } from './test-reader.ts';

const edition = buildEdition();
const readable = edition.feeds.filter((feed) => feed.readable);
const broken = edition.feeds.filter((feed) => !feed.readable);

describe('the edition', () => {
  it('has 1,000 items, a fifth of them duplicates, and five broken documents', () => {
    const { ids, ...figures } = edition.figures;
    expect(readable.length).toBeGreaterThanOrEqual(6);
    expect(figures).toEqual({
      raw: readable.length + 5,
      received: 1_000,
      stored: 800,
      processed: 800,
      dlq: 5,
    });
    expect(ids).toHaveLength(800);
    expect(ids).toEqual([...ids].sort());
    expect(broken).toHaveLength(5);
  });

  it('comes to its figures when read by the parsers', async () => {
    const ids: string[] = [];
    for (const feed of readable) {
      const read = await readDocument(feed);
      const expected = feed.id === 'broken' ? 'htmlparser2' : feed.id === 'science' ? 'json-feed' : 'rss-parser';
      expect(read?.reader, feed.id).toBe(expected);
      expect(read?.items.length, feed.id).toBe(feed.stories.length);
      for (const { title, link } of read?.items ?? []) ids.push(newsId('title', { title, link }));
    }
    expect(ids).toHaveLength(edition.figures.received);
    expect([...new Set(ids)].sort()).toEqual(edition.figures.ids);
  });

  it.each(broken.map((feed) => ({ id: feed.id, feed })))(
    'has a document $id that no parser reads',
    async ({ feed }) => {
      expect(await readDocument(feed)).toBeUndefined();
    },
  );

  it('has broken documents that all differ, one of them empty', () => {
    expect(new Set(broken.map(({ body }) => body.toString('base64'))).size).toBe(5);
    expect(broken.filter(({ body }) => body.length === 0)).toHaveLength(1);
  });

  it('has each duplicate exactly twice, in different feeds and in different typography', () => {
    const printed = new Map<string, { feed: string; title: string }[]>();
    for (const feed of readable) {
      for (const { title } of feed.stories) {
        const key = normaliseTitle(title);
        printed.set(key, [...(printed.get(key) ?? []), { feed: feed.id, title }]);
      }
    }
    const repeated = [...printed.values()].filter((copies) => copies.length > 1);
    expect(repeated).toHaveLength(200);
    for (const copies of repeated) {
      expect(copies).toHaveLength(2);
      expect(new Set(copies.map(({ feed }) => feed)).size).toBe(2);
      expect(new Set(copies.map(({ title }) => title)).size).toBe(2);
    }
  });

  it('has a bare ampersand in a title of the ill-formed feed', () => {
    const titles = readable.find(({ id }) => id === 'broken')?.stories.map(({ title }) => title) ?? [];
    expect(titles.some((title) => title.includes(' & '))).toBe(true);
  });

  it('is the same each time', () => {
    expect(buildEdition()).toEqual(edition);
  });

  it('can be larger or smaller, with the same proportions', () => {
    for (const items of [50, 1_555, 5_000]) {
      const { received, stored, ids } = buildEdition({ items }).figures;
      expect({ received, stored, ids: ids.length }).toEqual({ received: items, stored: items * 0.8, ids: items * 0.8 });
    }
  });

  it.each([0, 45, 1_001, 50.5, Number.NaN])('refuses %s items', (items) => {
    expect(() => buildEdition({ items })).toThrow(`can't have ${items} items: allowed are multiples of 5 from 50`);
  });

  it('describes itself with feeds and figures, and no bodies', () => {
    const { feeds, posts, ...figures } = describeEdition(edition);
    expect(posts).toBe(0);
    expect(figures).toEqual(edition.figures);
    expect(feeds).toHaveLength(edition.figures.raw);
    expect(feeds[0]).toEqual({ id: 'agency', source: 'agency', path: '/edition/agency.rss', readable: true });
  });
});

const isPolled = (source: SourceDefinition): source is RssSource => source.kind === 'rss';

describe('editionDefinition', () => {
  const definition = parseDefinition(editionDefinition(edition), 'edition.yaml');
  const polled = definition.sources.filter(isPolled);

  it('collects every feed of the edition once', () => {
    const feeds = polled.flatMap((source) => source.feeds.map((feed) => ({ source: source.name, ...feed })));
    expect(feeds).toEqual(
      edition.feeds.map(({ id, source, path }) => ({ source, id, url: `newsroom:${path}`, everyMs: 3_600_000 })),
    );
  });

  it('keeps the broken documents in a source of their own and allows private addresses', () => {
    expect(polled.map(({ name }) => name)).toEqual(['agency', 'papers', 'broken']);
    expect(polled.every((source) => source.allowPrivateAddresses)).toBe(true);
    expect(polled.at(-1)?.feeds.map(({ id }) => id)).toEqual(broken.map(({ id }) => id));
  });
});

describe('newsroom.yaml', () => {
  const text = readFileSync(new URL('../../newsroom.yaml', import.meta.url), 'utf8');
  const sources = parseDefinition(text, 'newsroom.yaml').sources.filter(isPolled);

  it('collects every live feed, each under its name and every 3 to 15 seconds', () => {
    const feeds = sources.flatMap((source) => source.feeds);
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    expect(feeds.map(({ id, url }) => ({ id, url })).sort(byId)).toEqual(
      LIVE_FEEDS.map(({ name, path }) => ({ id: name, url: `newsroom:${path}` })).sort(byId),
    );
    for (const { everyMs } of feeds) {
      expect(everyMs).toBeGreaterThanOrEqual(3_000);
      expect(everyMs).toBeLessThanOrEqual(15_000);
    }
  });

  it('has at least three sources, which may all reach this machine', () => {
    expect(sources.length).toBeGreaterThanOrEqual(3);
    expect(sources.every((source) => source.allowPrivateAddresses)).toBe(true);
  });
});
