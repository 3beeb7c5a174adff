import { expect, it } from 'vitest';
import { apiAddress, feedAddress, pageAddress, readQuestion, sameQuestion } from './news-question.ts';

it.each([
  ['', null],
  ['?utm=1', null],
  ['?q=', { query: '', sources: [] }],
  ['?q=tower+clock', { query: 'tower clock', sources: [] }],
  ['?q=%26%3D%C3%A9', { query: '&=é', sources: [] }],
  ['?source=agency', { query: '', sources: ['agency'] }],
  ['?q=a&source=agency&source=papers', { query: 'a', sources: ['agency', 'papers'] }],
])('%j is read and written back', (search, question) => {
  expect(readQuestion(search)).toEqual(question);
  expect(pageAddress('/', question)).toBe(search === '?utm=1' ? '/' : `/${search}`);
});

it('passes over spaces around, empty sources and repetitions', () => {
  const question = readQuestion('?q=+a+&source=&source=x&source=x');
  expect(question).toEqual({ query: 'a', sources: ['x'] });
  expect(sameQuestion(question, readQuestion('?source=x&q=a'))).toBe(true);
  expect(sameQuestion(question, null)).toBe(false);
});

it('asks the API and the feeds for the same', () => {
  const question = { query: 'été & co', sources: ['agency'] };
  expect(apiAddress(question)).toBe('api/news?q=%C3%A9t%C3%A9+%26+co&source=agency');
  expect(apiAddress({ query: '', sources: [] })).toBe('api/news');
  expect(apiAddress(question, 'abc=')).toBe('api/news?q=%C3%A9t%C3%A9+%26+co&source=agency&cursor=abc%3D');
  expect(feedAddress('atom', question)).toBe('feed.atom?q=%C3%A9t%C3%A9+%26+co&source=agency');
  expect(feedAddress('json', null)).toBe('feed.json');
});
