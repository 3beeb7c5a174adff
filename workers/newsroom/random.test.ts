import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';

describe('Random', () => {
  it('gives the same sequence for the same key, and another for another', () => {
    const sequence = (...key: string[]) => {
      const random = new Random(...key);
      return Array.from({ length: 8 }, () => random.next());
    };
    expect(sequence('a', 'bc')).toEqual(sequence('a', 'bc'));
    expect(sequence('a', 'bc')).not.toEqual(sequence('ab', 'c'));
  });

  it('reaches every number of a range, its ends included, and nothing else', () => {
    const random = new Random('range');
    const drawn = new Set(Array.from({ length: 500 }, () => random.integer(3, 7)));
    expect([...drawn].sort()).toEqual([3, 4, 5, 6, 7]);
  });

  it('shuffles without losing or repeating anything', () => {
    const list = Array.from({ length: 30 }, (_, index) => index);
    const shuffled = new Random('shuffle').shuffle(list);
    expect(shuffled).not.toEqual(list);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(list);
  });

  it('refuses to pick from nothing', () => {
    expect(() => new Random('none').pick([])).toThrow(RangeError);
  });
});
