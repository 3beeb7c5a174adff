// Addresses as feeds write them, and the links that become of them.
import { expect, test } from 'vitest';
import { cleanLink } from './link.ts';

const BASE = 'https://example.org/blog/feed.xml';

test.each([
  ['https://example.org/a', 'https://example.org/a'],
  ['  https://example.org/a \n', 'https://example.org/a'],
  ['/a', 'https://example.org/a'],
  ['a?b=1', 'https://example.org/blog/a?b=1'],
  ['//cdn.example.org/a', 'https://cdn.example.org/a'],
  ['www.example.org/a', 'http://www.example.org/a'],
  ['HTTP://EXAMPLE.org/A', 'http://example.org/A'],
  ['https://example.org/é?q=à b', 'https://example.org/%C3%A9?q=%C3%A0%20b'],
  ['https://user:secret@example.org/a', 'https://example.org/a'],
  ['https://example.org/?a=1&amp;b=2', 'https://example.org/?a=1&b=2'],
  ['https://example.org/?utm_source=x', 'https://example.org/'],
  ['https://example.org/?a=1&UTM_Medium=x&b=%20+c&b=2', 'https://example.org/?a=1&b=%20+c&b=2'],
  [
    'https://example.org/?fbclid=1&gclid=2&mc_cid=3&mc_eid=4&igshid=5&yclid=6&msclkid=7&id=8',
    'https://example.org/?id=8',
  ],
  [
    'https://example.org/?_hsenc=1&_hsmi=2&xtor=RSS-1&at_medium=rss&at_campaign=x&at_home=1',
    'https://example.org/?at_home=1',
  ],
  ['https://example.org/?utm%5Fsource=x&c', 'https://example.org/?c'],
  ['https://example.org/a#part', 'https://example.org/a#part'],
  ['https://example.org/a?x=1#xtor=RSS-3208', 'https://example.org/a?x=1'],
  ['https://example.org/a#utm_source=x&t=30', 'https://example.org/a#t=30'],
  ['javascript:alert(1)', ''],
  ['data:text/html,x', ''],
  ['mailto:jane@example.org', ''],
  ['urn:uuid:1', ''],
  ['ftp://example.org/a', ''],
  ['https://', ''],
  ['http://[bad', ''],
  ['', ''],
])('%j becomes %j', (href, expected) => {
  expect(cleanLink(href, BASE, 4_096)).toBe(expected);
});

test('a relative address without a usable base is no link', () => {
  expect(cleanLink('/a', undefined, 4_096)).toBe('');
  expect(cleanLink('/a', 'not an address', 4_096)).toBe('');
});

test('an address longer than the limit is no link', () => {
  expect(cleanLink(`/${'a'.repeat(4_076)}`, BASE, 4_096)).toHaveLength(4_096);
  expect(cleanLink(`/${'a'.repeat(4_077)}`, BASE, 4_096)).toBe('');
});
