import { expect, it } from 'vitest';
import { droppedBy, type Holdings } from './dropped.ts';

const NOW_MS = Date.parse('2026-01-02T00:00:00Z');
const HOURS_NS = 3_600_000 * 1e6;
const HELD = {
  bytes: 1_000,
  messages: 10,
  first_ts: '2026-01-01T00:00:00Z',
  num_subjects: 4,
} as unknown as Holdings;

it.each([
  ['fewer bytes than are stored', { max_bytes: 999 }, '1000 bytes are stored, max_bytes is 999'],
  ['fewer messages than are stored', { max_msgs: 9 }, '10 messages are stored, max_msgs is 9'],
  [
    'a shorter life',
    { max_age: 23 * HOURS_NS },
    'the oldest message is of 2026-01-01T00:00:00Z, max_age is 82800000 ms',
  ],
  [
    'fewer a subject than one may hold',
    { max_msgs_per_subject: 6 },
    '10 messages are stored on 4 subjects, max_msgs_per_subject is 6',
  ],
])('says what %s would drop', (_, declared, said) => {
  expect(droppedBy({ name: 'S', ...declared }, Object.keys(declared), HELD, NOW_MS)).toEqual([said]);
});

it.each([
  ['room for all bytes', { max_bytes: 1_000 }],
  ['room for all messages', { max_msgs: 10 }],
  ['a life that all have before them', { max_age: 24 * HOURS_NS }],
  ['room for all, were they on one subject', { max_msgs_per_subject: 7 }],
  ['no limits', { max_bytes: -1, max_msgs: -1, max_age: 0, max_msgs_per_subject: -1 }],
])('finds nothing that %s would drop', (_, declared) => {
  expect(droppedBy({ name: 'S', ...declared }, Object.keys(declared), HELD, NOW_MS)).toEqual([]);
});

it('minds only what changes', () => {
  expect(droppedBy({ name: 'S', max_bytes: 1, max_msgs: 1 }, ['subjects'], HELD, NOW_MS)).toEqual([]);
});

it('has nothing to lose of an empty stream', () => {
  const empty = { bytes: 0, messages: 0, first_ts: '0001-01-01T00:00:00Z' } as unknown as Holdings;
  const declared = { max_bytes: 1, max_msgs: 1, max_age: 1, max_msgs_per_subject: 1 };
  expect(droppedBy({ name: 'S', ...declared }, Object.keys(declared), empty, NOW_MS)).toEqual([]);
});
