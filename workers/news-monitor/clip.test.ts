import { expect, it } from 'vitest';
import { clip } from './clip.ts';

it.each([
  ['short', 10, 'short'],
  ['exactly ten', 11, 'exactly ten'],
  ['longer than it may be', 10, 'longer th…'],
  ['a surrogate 😀 pair', 14, 'a surrogate …'],
])('clips %j to %i', (text, length, expected) => {
  expect(clip(text, length)).toBe(expected);
});
