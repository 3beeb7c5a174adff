import { expect, it } from 'vitest';
import { readCursor, writeCursor } from './cursor.ts';

const POSITION = { storedAt: new Date('2026-03-01T10:00:00.123Z'), id: '0123456789abcdef0123456789abcdef' };
const encode = (text: string): string => Buffer.from(text).toString('base64url');

it('reads what it has written, which is fit for an address', () => {
  const cursor = writeCursor(POSITION);
  expect(cursor).toMatch(/^[\w-]+$/);
  expect(readCursor(cursor)).toEqual(POSITION);
});

it.each([
  ['nothing', ''],
  ['no base64url', '§§§'],
  ['another text', encode('hello')],
  ['no time', encode(`.${POSITION.id}`)],
  ['a time that no date has', encode(`99999999999999999.${POSITION.id}`)],
  ['a time with a sign', encode(`-1.${POSITION.id}`)],
  ['a time with a zero in front', encode(`01.${POSITION.id}`)],
  ['an identity that is none', encode('1.{"$gt":""}')],
  ['one that was cut', writeCursor(POSITION).slice(0, -3)],
  ['one with more behind', `${writeCursor(POSITION)}AA`],
  ['the other alphabet', `${writeCursor(POSITION)}==`],
])('refuses %s', (_, cursor) => {
  expect(readCursor(cursor)).toBeUndefined();
});
