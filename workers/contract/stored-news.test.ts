import { describe, expect, it } from 'vitest';
import { searchTerms } from './stored-news.ts';

describe('searchTerms', () => {
  it.each([
    ['NATS 2.15 est arrivé !', ['nats', '2', '15', 'est', 'arrive']],
    ['L’été, l’ÉTÉ', ['l', 'ete']],
    ['ＦＵＬＬ width ﬁne', ['full', 'width', 'fine']],
    ['東京で会議', ['東京', 'て', '会議']],
    ['— … !', []],
    ['', []],
  ])('folds %j', (text, terms) => {
    expect(searchTerms(text)).toEqual(terms);
  });

  it('is bounded, whatever the title', () => {
    const terms = searchTerms(Array.from({ length: 500 }, (_, n) => `word${n}${'x'.repeat(200)}`).join(' '));
    expect(terms).toHaveLength(64);
    expect(Math.max(...terms.map((term) => term.length))).toBe(64);
  });
});
