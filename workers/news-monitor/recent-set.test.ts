import { expect, it } from 'vitest';
import { RecentSet } from './recent-set.ts';

it('knows the latest, and forgets the oldest', () => {
  const set = new RecentSet(2);
  for (const value of ['a', 'b', 'b', 'c']) set.add(value);
  expect(['a', 'b', 'c'].filter((value) => set.has(value))).toEqual(['b', 'c']);
});
