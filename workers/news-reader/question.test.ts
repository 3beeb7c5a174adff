import { describe, expect, it } from 'vitest';
import { writeCursor } from './cursor.ts';
import { QuestionError, readQuestion } from './question.ts';

const POSITION = { storedAt: new Date(1_700_000_000_000), id: 'f'.repeat(32) };
const read = (search: string, cursor = true) => readQuestion(new URLSearchParams(search), { cursor });

describe('readQuestion', () => {
  it('asks for the latest fifty of all where nothing is said', () => {
    expect(read('')).toEqual({ query: '', sources: [], limit: 50 });
    expect(read('q=&source=&limit=&cursor=')).toEqual({ query: '', sources: [], limit: 50 });
  });

  it('takes every parameter', () => {
    const cursor = writeCursor(POSITION);
    expect(read(`q=+open+bridge+&source=papers&source=agency&source=papers&limit=100&cursor=${cursor}`)).toEqual({
      query: 'open bridge',
      sources: ['papers', 'agency'],
      limit: 100,
      after: POSITION,
    });
  });

  it.each([
    ['limit=0', 'limit is "0"; allowed: a whole number from 1 to 100'],
    ['limit=101', 'limit is "101"; allowed'],
    ['limit=1e1', 'limit is "1e1"; allowed'],
    ['limit=-5', 'limit is "-5"; allowed'],
    ['limit=1&limit=2', 'limit is there 2 times; allowed: once'],
    ['q=a&q=b', 'q is there 2 times; allowed: once'],
    [`q=${'x'.repeat(201)}`, 'q has 201 characters; allowed: words, at most 200 characters'],
    ['source=a&source=Two+Words', 'source is "Two Words"; allowed: the name of a source'],
    ['source=$ne', 'source is "$ne"; allowed'],
    ['cursor=broken', 'cursor is "broken"; allowed: the "next" of the page before'],
    ['query=bridge', 'the parameter "query" is not known; allowed: q, source, limit, cursor'],
    ['q[$gt]=', 'the parameter "q[$gt]" is not known'],
  ])('refuses %s', (search, message) => {
    expect(() => read(search)).toThrow(QuestionError);
    expect(() => read(search)).toThrow(message);
  });

  it('refuses a cursor where there are no pages, and shows only the beginning of what is long', () => {
    expect(() => read(`cursor=${writeCursor(POSITION)}`, false)).toThrow(
      'the parameter "cursor" is not known; allowed: q, source, limit',
    );
    expect(() => read(`source=${'A'.repeat(5_000)}`)).toThrow(/^source is "A{60}…"; allowed/);
  });
});
