import { describe, expect, it } from 'vitest';
import { type Post, shortenLinks } from './post.ts';
import { parseQuery, QueryError } from './query.ts';
import { indexPost, matches } from './query-match.ts';

const post = (text: string, language = 'en'): Post => ({
  id: '1',
  createdAt: new Date(0),
  author: { id: '7', username: 'QuayAndFerry', name: 'Quay & Ferry' },
  language,
  ...shortenLinks(text),
  earlier: [],
});
const POST = post('Tram depot reopens in Åskvik: 3-1 for the café! #Trams @lantern https://a.example/news');

describe('a query', () => {
  it.each([
    'tram',
    'TRAM depot',
    '"depot reopens in"',
    '"3-1 for"',
    'bus OR tram',
    'bus OR tram depot',
    'tram -bus',
    'tram -"reopens depot"',
    '#trams',
    '@Lantern',
    'from:quayandferry',
    'from:7 lang:en',
    'tram has:links',
    'tram has:mentions has:hashtags -has:media',
    'tram -is:retweet',
    '(bus OR tram) (café OR tea)',
    'åskvik',
    'trams',
  ])('%s matches', (query) => {
    expect(matches(parseQuery(query), indexPost(POST))).toBe(true);
  });

  it.each([
    'bus',
    'tra',
    '"tram reopens"',
    'tram bus',
    'bus OR tram tea',
    '(bus OR tram) tea',
    'tram -depot',
    '#tram',
    '@lan',
    'from:quay',
    'tram lang:fr',
    'tram -has:links',
    'tram is:retweet',
    'cafe',
    'example',
  ])('%s does not match', (query) => {
    expect(matches(parseQuery(query), indexPost(POST))).toBe(false);
  });

  it('is of the post’s language and links, not of another’s', () => {
    expect(matches(parseQuery('dépôt lang:fr -has:links'), indexPost(post('Le dépôt', 'fr')))).toBe(true);
  });

  it.each([
    ['unknown:thing', "Reference to invalid operator 'unknown'. Operator is not available (at position 1)"],
    ['cat near:here', "Reference to invalid operator 'near'. Operator is not available (at position 5)"],
    ['cat has:wings', "'wings' is not a value of the operator 'has' (at position 5)"],
    ['from:', "'' is not a value of the operator 'from' (at position 1)"],
    ['"cat', "missing '\"' (at position 5)"],
    ['(cat', "missing ')' (at position 5)"],
    ['cat)', "unexpected ')' (at position 4)"],
    ['cat OR', 'missing a clause (at position 7)'],
    ['OR cat', 'missing a clause (at position 1)'],
    ['()', 'missing a clause (at position 2)'],
    ['', 'missing a clause (at position 1)'],
    ['cat -(dog)', 'only a single operator can be negated, not a group (at position 5)'],
    ['cat or dog', 'Ambiguous use of or as a keyword. Use "or" to find it in the text (at position 5)'],
    ['cat and dog', 'Ambiguous use of and as a keyword'],
    ['c*t', "no viable alternative at character '*' (at position 2)"],
    ['-cat', 'at least one operator that may stand alone'],
    ['lang:en', 'at least one operator that may stand alone'],
    ['has:links OR is:retweet', 'at least one operator that may stand alone'],
    ['cat OR lang:en', 'at least one operator that may stand alone'],
    ['"…"', 'a keyword or phrase needs a letter or digit'],
  ])('%s is none', (query, message) => {
    expect(() => parseQuery(query)).toThrow(QueryError);
    expect(() => parseQuery(query)).toThrow(message);
  });
});
