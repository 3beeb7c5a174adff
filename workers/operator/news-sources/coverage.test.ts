import { expect, it } from 'vitest';
import { covers } from './coverage.ts';

const named = (...names: string[]) => names.map((name) => ({ name, value: `${name}!` }));

it.each<[string, unknown, unknown, boolean]>([
  ['defaults that the API server fills in', { a: 1, b: 2 }, { a: 1 }, true],
  ['another value', { a: 1 }, { a: 2 }, false],
  ['a field that is missing', {}, { a: 1 }, false],
  ['fields within fields', { a: { b: { c: 1, d: 2 } } }, { a: { b: { d: 2 } } }, true],
  ['nothing where something is wanted', undefined, { a: 1 }, false],
  ['a list that is longer', [1, 2, 3], [1, 2], false],
  ['a list in another order', [2, 1], [1, 2], false],
  ['some of the named', named('a', 'b', 'c'), named('c', 'a'), true],
  ['a named one with another value', named('a', 'b'), [{ name: 'b', value: 'x' }], false],
  ['a named one that is missing', named('a'), named('b'), false],
  ['an empty list', [1], [], false],
  ['no list', 'a', ['a'], false],
])('%s', (_, actual, wanted, covered) => {
  expect(covers(actual, wanted)).toBe(covered);
});
