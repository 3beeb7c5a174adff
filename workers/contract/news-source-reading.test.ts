import { describe, expect, it } from 'vitest';
import type { NewsSourceSpec } from './news-source.ts';
import { readNewsSource } from './news-source-reading.ts';
import { parseDefinition } from './parse-definition.ts';

const FEED = { url: 'https://a.example/rss', every: '15m', name: 'world' };
const rss = (spec: Partial<NewsSourceSpec>): NewsSourceSpec => ({ kind: 'rss', ...spec });

describe('readNewsSource', () => {
  it('reads what a definition of the same source would say', () => {
    const text = `sources:
  papers: { kind: rss, identity: link, allowPrivateAddresses: true, feeds: [{ url: https://a.example/rss, every: 15m, name: world }] }
  x: { kind: twitter, api: 'newsroom:/', rules: [{ value: "cats lang:en", tag: cats }] }`;
    const [papers, x] = parseDefinition(text).sources;
    const spec = rss({ identity: 'link', allowPrivateAddresses: true, feeds: [FEED] });
    expect(readNewsSource('papers', spec)).toEqual({ source: papers, problems: [] });
    const rules = [{ value: 'cats lang:en', tag: 'cats' }];
    const followed = readNewsSource('x', { kind: 'twitter', api: 'newsroom:/', rules });
    // Lines are those of a file.
    expect(JSON.stringify(followed.source).replace(/"line":\d+/, '')).toBe(JSON.stringify(x).replace(/"line":\d+/, ''));
  });

  it('reads the same value twice as two', () => {
    const shared = { url: 'https://a.example/rss' };
    expect(readNewsSource('a', rss({ feeds: [shared, { ...shared, name: 'other' }] })).source).toBeDefined();
  });

  it.each<[string, NewsSourceSpec, string[], RegExp[]]>([
    ['a feed that can’t be fetched', rss({ feeds: [FEED, { url: 'ftp://a' }] }), ['world'], [/^feeds\[1\]\.url: "ftp/]],
    [
      'an interval out of bounds, and a name twice',
      rss({ feeds: [{ url: 'https://b.example', every: '1ms' }, FEED, { ...FEED, url: 'https://c.example' }] }),
      ['world'],
      [/^feeds\[0\]\.every: /, /^feeds\[2\]: .*same name/],
    ],
    ['all of them', rss({ feeds: [{ url: 'ftp://a' }] }), [], [/^feeds\[0\]/]],
    [
      'a rule twice',
      {
        kind: 'twitter',
        rules: [
          { value: 'a', tag: 'a' },
          { value: 'a', tag: 'b' },
        ],
      },
      ['a'],
      [/^rules\[1\]: .*same value/],
    ],
  ])('leaves out %s, and says why', (_, spec, left, problems) => {
    const reading = readNewsSource('papers', spec);
    const { source } = reading;
    expect(source?.kind === 'rss' ? source.feeds.map(({ id }) => id) : source?.rules.map(({ tag }) => tag)).toEqual(
      left,
    );
    expect(reading.problems).toHaveLength(problems.length);
    for (const [index, problem] of problems.entries()) expect(reading.problems[index]).toMatch(problem);
  });

  it.each<[string, string, NewsSourceSpec, RegExp]>([
    ['a name that is none', 'Papers', rss({ feeds: [FEED] }), /Papers/],
    ['no feeds', 'papers', rss({}), /^feeds: must be a list/],
    ['what belongs to the other kind', 'papers', { kind: 'twitter', feeds: [FEED] }, /feeds/],
    ['an API that is no address', 'x', { kind: 'twitter', api: 'x', rules: [{ value: 'a', tag: 'a' }] }, /^api: /],
  ])('refuses %s', (_, name, spec, problem) => {
    const { source, problems } = readNewsSource(name, spec);
    expect(source).toBeUndefined();
    expect(problems.join('\n')).toMatch(problem);
  });
});
