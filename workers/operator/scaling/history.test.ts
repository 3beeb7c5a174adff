import { expect, it } from 'vitest';
import { History, type Timed } from './history.ts';

const at = (...times: number[]): History<Timed> => new History(times.map((atMs) => ({ atMs })));
const timesOf = (entries: readonly Timed[]): number[] => entries.map(({ atMs }) => atMs);

it('keeps what is not older than it is told to', () => {
  expect(timesOf(at(1, 10, 20).append({ atMs: 30 }, 20).entries)).toEqual([10, 20, 30]);
});

it('leaves the history as it was', () => {
  const before = at(1);
  before.append({ atMs: 2 }, 100);
  expect(timesOf(before.entries)).toEqual([1]);
});

it('forgets what lies in the future once the clock was set back', () => {
  expect(timesOf(at(10, 1_000_000).append({ atMs: 20 }, 100).entries)).toEqual([10, 20]);
});

it('is bounded whatever it is told to keep', () => {
  let history = at();
  for (let atMs = 0; atMs < 5_000; atMs += 1) history = history.append({ atMs }, Infinity);
  expect(history.entries).toHaveLength(4_096);
  expect(history.entries.at(-1)).toEqual({ atMs: 4_999 });
});

it('tells what lies within a window, without its start', () => {
  expect(timesOf(at(10, 11, 20).within(10, 20))).toEqual([11, 20]);
  expect(timesOf(at(20).within(0, 20))).toEqual([]);
});

it('finds the newest entry up to a time', () => {
  expect(at(10, 20, 30).at(29)).toEqual({ atMs: 20 });
  expect(at(10).at(9)).toBeUndefined();
});
