import { expect, it } from 'vitest';
import { formatAge, formatDue, formatLatency, formatRate, formatSpan, plural } from './format.ts';

const NOW = Date.parse('2026-03-02T08:00:00.000Z');
const at = (milliseconds: number): string => new Date(NOW + milliseconds).toISOString();

it.each([
  [formatAge(at(-200), NOW), 'just now'],
  [formatAge(at(300), NOW), 'just now'],
  [formatAge(at(-59_900), NOW), '59 s ago'],
  [formatAge(at(-125_000), NOW), '2 min ago'],
  [formatAge(at(-7_300_000), NOW), '2 h ago'],
  [formatAge(at(-3 * 86_400_000), NOW), '3 d ago'],
  [formatAge(at(90_000), NOW), 'in 1 min'],
  [formatAge('yesterday', NOW), 'at an unreadable time'],
  [formatDue(at(12_000), NOW), 'in 12 s'],
  [formatDue(at(-4_000), NOW), 'now'],
  [formatDue(at(-61_000), NOW), 'overdue by 1 min'],
  [formatSpan(850), '850 ms'],
  [formatLatency(1_840), '1.8 s'],
  [formatLatency(12_400), '12 s'],
  [formatRate(null), '–'],
  [formatRate(0), '0'],
  [formatRate(0.01), '<0.1'],
  [formatRate(4.5), '4.5'],
  [formatRate(9.97), '10'],
  [formatRate(1_155.4), '1,155'],
  [plural(1, 'new item'), '1 new item'],
  [plural(1_200, 'delivery', 'deliveries'), '1,200 deliveries'],
])('%j is %j', (actual, expected) => {
  expect(actual).toBe(expected);
});
