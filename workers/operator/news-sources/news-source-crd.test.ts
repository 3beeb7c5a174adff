// The CRD on a real API server: what it takes, what it refuses, and that what it takes can be read.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_SERVER_TIMEOUT_MS } from '../../../test/support/api-server/shared.ts';
import { readNewsSource } from '../../contract/news-source-reading.ts';
import { ApiBench } from '../kubernetes/testing/api-bench.ts';
import { NEWS_SOURCES, type NewsSource } from './resources.ts';
import { defineNewsSources } from './testing/source-bench.ts';

const PATIENCE_MS = 60_000;
const { signal } = new AbortController();
let bench: ApiBench;
let count = 0;

beforeAll(async () => {
  bench = await ApiBench.start('crd');
  await defineNewsSources(bench);
}, API_SERVER_TIMEOUT_MS);
afterAll(() => bench?.stop());

const create = (spec: object, name = `source${count++}`): Promise<NewsSource> => {
  const metadata = { name, namespace: bench.namespace };
  return bench.admin.create(NEWS_SOURCES, { metadata, spec } as NewsSource, { signal });
};
const FEED = { url: 'https://a.example/rss' };
const RULE = { value: 'cats', tag: 'cats' };
const rss = (spec: object) => ({ kind: 'rss', feeds: [FEED], ...spec });

describe('a NewsSource', () => {
  it.each([
    ['a feed', rss({})],
    [
      'all that a feed may say',
      rss({ feeds: [{ ...FEED, every: '1.5h', name: 'world' }, { url: 'newsroom:/a.rss' }] }),
    ],
    ['all that a source may say', rss({ identity: 'link', allowPrivateAddresses: true })],
    ['rules', { kind: 'twitter', rules: [RULE], api: 'newsroom:/', identity: 'title' }],
  ])('is taken with %s, and can be read', async (_, spec) => {
    const { metadata, spec: stored } = await create(spec);
    expect(stored).toEqual(spec);
    expect(readNewsSource(metadata.name, stored).problems).toEqual([]);
  });

  it.each([
    ['no kind', { feeds: [FEED] }, 'spec.kind'],
    ['another kind', rss({ kind: 'atom' }), 'spec.kind'],
    ['no feeds', { kind: 'rss' }, 'kind rss has feeds'],
    ['an empty list', rss({ feeds: [] }), 'spec.feeds'],
    ['rules beside feeds', rss({ rules: [RULE] }), 'neither rules nor api'],
    [
      'feeds beside rules',
      { kind: 'twitter', rules: [RULE], feeds: [FEED] },
      'neither feeds nor allowPrivateAddresses',
    ],
    ['no rules', { kind: 'twitter' }, 'kind twitter has rules'],
    ['an address of another kind', rss({ feeds: [{ url: 'ftp://a.example' }] }), 'url'],
    ['an address twice', rss({ feeds: [FEED, FEED] }), 'Duplicate'],
    ['a duration without a unit', rss({ feeds: [{ ...FEED, every: '15' }] }), 'every'],
    ['a name with capitals', rss({ feeds: [{ ...FEED, name: 'World' }] }), 'name'],
    ['a tag twice', { kind: 'twitter', rules: [RULE, { ...RULE, value: 'dogs' }] }, 'Duplicate'],
    ['another identity', rss({ identity: 'url' }), 'identity'],
  ])('is refused with %s', async (_, spec, message) => {
    await expect(create(spec)).rejects.toThrow(message);
  });

  it.each(['with.dots', '9-first', `n${'x'.repeat(48)}`])('is refused as %s', async (name) => {
    await expect(create(rss({}), name)).rejects.toThrow('metadata.name is the name of the source');
  });

  it('stays of its kind', async () => {
    const { metadata } = await create(rss({}));
    const spec = { kind: 'twitter', feeds: null, rules: [RULE] };
    await expect(bench.admin.patch(NEWS_SOURCES, metadata as { name: string }, { spec }, { signal })).rejects.toThrow(
      'kind can not be changed',
    );
  });

  it('takes ten thousand feeds', async () => {
    const feeds = Array.from({ length: 10_000 }, (_, index) => ({ url: `https://a.example/${index}`, every: '15m' }));
    // It takes the API server its time to check them all.
    const patient = await bench.client({ requestTimeoutMs: PATIENCE_MS });
    const object = { metadata: { name: 'many', namespace: bench.namespace }, spec: rss({ feeds }) };
    const { metadata, spec } = await patient.create(NEWS_SOURCES, object as unknown as NewsSource, { signal });
    const { source, problems } = readNewsSource(metadata.name, spec);
    expect(problems).toEqual([]);
    expect(source).toMatchObject({ kind: 'rss', feeds: { length: 10_000 } });
  });
});
