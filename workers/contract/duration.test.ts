import { describe, expect, it } from 'vitest';
import { formatDuration, parseDurationMs } from './duration.ts';

describe('parseDurationMs', () => {
  it.each([
    ['1ms', 1],
    ['500ms', 500],
    ['3s', 3_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1.5h', 5_400_000],
    ['0.5s', 500],
    ['1.0004s', 1_000],
    ['007s', 7_000],
    [' 3s ', 3_000],
  ])('reads %j', (text, expected) => {
    expect(parseDurationMs(text)).toBe(expected);
  });

  it.each([
    '',
    '3',
    's',
    '0s',
    '0.4ms',
    '-3s',
    '+3s',
    '3 s',
    '3S',
    '3sec',
    '1m30s',
    '.5s',
    '5.s',
    '1e3s',
    '3s\n4s',
    '٣s',
  ])('refuses %j', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it.each(['9007199254740993ms', '99999999999999999999d'])('refuses %j, which a number cannot hold', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  it.each([
    [1, '1ms'],
    [1_500, '1500ms'],
    [1_000, '1s'],
    [90_000, '90s'],
    [900_000, '15m'],
    [3_600_000, '1h'],
    [31_536_000_000, '365d'],
  ])('writes %d as %s, which reads as the same', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
    expect(parseDurationMs(text)).toBe(milliseconds);
  });
});
