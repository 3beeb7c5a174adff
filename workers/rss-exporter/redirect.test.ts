// A trail of redirects: where it leads, where it ends, what of it is remembered.
import { describe, expect, test } from 'vitest';
import { RedirectRefusedError, RedirectTrail } from './redirect.ts';

/** Follows redirects written as `301 /path`. */
function trail(start: string, hops: string[], maxRedirects = 5): RedirectTrail {
  const result = new RedirectTrail(new URL(start), maxRedirects);
  for (const hop of hops) {
    const [status, location] = hop.split(' ');
    result.follow(Number(status), location ?? null);
  }
  return result;
}

describe('RedirectTrail', () => {
  test.each([
    ['http://a.test/x', ['301 /y'], 'http://a.test/y'],
    ['http://a.test/x/y', ['302 ../z?q=1'], 'http://a.test/z?q=1'],
    ['http://a.test/', ['307 //b.test/y'], 'http://b.test/y'],
    ['http://a.test/', ['303 https://user:secret@b.test/y'], 'https://b.test/y'],
  ])('from %s by %j to %s', (start, hops, expected) => {
    expect(trail(start, hops).url.href).toBe(expected);
  });

  test.each([
    ['http://a.test/', [], null],
    ['http://a.test/', ['301 https://a.test/#top'], 'https://a.test/'],
    ['http://a.test/', ['301 /b', '308 /c'], 'http://a.test/c'],
    ['http://a.test/', ['301 /b', '302 /c'], null],
    ['http://a.test/', ['307 /b', '301 /c'], null],
    ['https://a.test/', ['301 http://a.test/'], null],
    ['https://a.test/', ['301 http://a.test/', '301 https://b.test/'], null],
    ['http://user:secret@a.test/', ['301 /b'], null],
  ])('from %s by %j the address to remember is %j', (start, hops, expected) => {
    expect(trail(start, hops).permanentAddress).toBe(expected);
  });

  test('follows as many as allowed and no more', () => {
    const hops = ['302 /1', '302 /2', '302 /3', '302 /4', '302 /5'];
    expect(trail('http://a.test/', hops).url.pathname).toBe('/5');
    expect(() => trail('http://a.test/', [...hops, '302 /6'])).toThrow('more than 5 times');
  });

  test.each([[['302 /']], [['302 /#fragment']], [['302 /b', '302 /c', '302 /b']]])('%j is a loop', (hops) => {
    expect(() => trail('http://a.test/', hops)).toThrow('redirects in a loop');
  });

  test.each([
    'ftp://a.test/',
    'file:///etc/passwd',
    'newsroom:/x',
    'data:text/xml,x',
    'http://',
    'http://a.test:99999/',
  ])('does not follow to %s', (location) => {
    expect(() => trail('http://a.test/', [`302 ${location}`])).toThrow(RedirectRefusedError);
  });

  test('does not follow to nowhere', () => {
    expect(() => trail('http://a.test/', ['301'])).toThrow('answered 301 without saying where to go');
  });
});
