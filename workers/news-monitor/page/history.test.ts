import { describe, expect, it } from 'vitest';
import type { History } from '../snapshot.ts';
import { appendPoint } from './history.ts';

const END = '2026-03-02T08:00:00.000Z';
const NEXT = '2026-03-02T08:00:15.000Z';
const history = (series: History['series']): History => ({ stepSeconds: 15, end: END, series });

describe('a point', () => {
  it('goes to the end of every series', () => {
    const after = appendPoint(history({ lag: [1, null], 'rate:a': [3, 4] }), {
      at: NEXT,
      values: { lag: 0, 'rate:a': 5 },
    });
    expect(after).toEqual({ stepSeconds: 15, end: NEXT, series: { lag: [1, null, 0], 'rate:a': [3, 4, 5] } });
  });

  it('keeps series that come and go as long as all others', () => {
    const after = appendPoint(history({ lag: [1, 2], 'lag:gone': [7, 8] }), {
      at: NEXT,
      values: { lag: 3, 'lag:new': 9 },
    });
    expect(after.series).toEqual({ lag: [1, 2, 3], 'lag:gone': [7, 8, null], 'lag:new': [null, null, 9] });
  });

  it('that is already there changes nothing', () => {
    const before = history({ lag: [1] });
    expect(appendPoint(before, { at: END, values: { lag: 2 } })).toBe(before);
  });

  it('pushes out what is older than an hour', () => {
    const hour = Array.from({ length: 240 }, (_, index) => index);
    const lag = appendPoint(history({ lag: hour }), { at: NEXT, values: { lag: 240 } }).series.lag;
    expect([lag?.length, lag?.[0], lag?.at(-1)]).toEqual([240, 1, 240]);
  });
});
