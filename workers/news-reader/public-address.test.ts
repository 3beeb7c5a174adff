import { expect, it } from 'vitest';
import { publicAddress } from './public-address.ts';
import { QuestionError } from './question.ts';

it.each([
  [{ host: 'localhost:8080' }, 'http://localhost:8080'],
  [{ host: '[::1]:8080' }, 'http://[::1]:8080'],
  [{ host: 'news-reader', 'x-forwarded-host': 'news.example.org' }, 'http://news.example.org'],
  [{ host: 'a', 'x-forwarded-host': 'b.example, c', 'x-forwarded-proto': 'https, http' }, 'https://b.example'],
  [{ host: 'a', 'x-forwarded-proto': 'javascript' }, 'http://a'],
  [{ host: 'a', 'x-forwarded-host': '' }, 'http://a'],
])('makes of %j %s', (headers, address) => {
  expect(publicAddress(headers, '')).toBe(address);
});

it('says what it was told to say', () => {
  expect(publicAddress({ host: '<' }, 'https://news.example.org/all')).toBe('https://news.example.org/all');
});

it.each([
  {},
  { host: 'a b' },
  { host: 'a"><script>' },
  { host: 'user@a' },
  { host: 'a/b' },
  { host: 'a:99999' },
  { host: 'a', 'x-forwarded-host': 'evil\u2028.example' },
])('refuses %j', (headers) => {
  expect(() => publicAddress(headers, '')).toThrow(QuestionError);
});
