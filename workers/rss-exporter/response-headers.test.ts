// Validators, max-age and Retry-After in the forms that servers send.
import { describe, expect, test } from 'vitest';
import { cacheControlMaxAgeMs, headerValue, retryAfterMs, validatorValue } from './response-headers.ts';

const NOW_MS = Date.parse('1994-11-06T08:49:07Z');

describe('retryAfterMs', () => {
  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 30_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 30_000],
    ['Sun Nov  6 08:49:37 1994', 30_000],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 0],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['Sunday', null],
    ['', null],
    [null, null],
  ])('reads %j as %j', (header, expected) => {
    expect(retryAfterMs(header, NOW_MS)).toBe(expected);
  });
});

describe('cacheControlMaxAgeMs', () => {
  test.each([
    ['max-age=60', 60_000],
    ['public, Max-Age = 3600, must-revalidate', 3_600_000],
    ['max-age="5"', 5_000],
    ['s-maxage=60', null],
    ['max-age=-1', null],
    ['no-cache', null],
    [null, null],
  ])('reads %j as %j', (header, expected) => {
    expect(cacheControlMaxAgeMs(header)).toBe(expected);
  });
});

describe('validatorValue', () => {
  test.each(['"abc"', 'W/"a b"', 'unquoted', '"\u00e9"'])('keeps %j as it is', (etag) => {
    expect(validatorValue({ etag }, 'etag')).toBe(etag);
  });

  test.each([undefined, '', '"a\u0000b"', `"${'x'.repeat(1_100)}"`, ['"a"', '"b"']])('drops %j', (etag) => {
    expect(validatorValue({ etag }, 'etag')).toBeNull();
  });
});

test('headerValue joins what was sent several times', () => {
  expect(headerValue({ 'content-encoding': ['gzip', 'br'] }, 'content-encoding')).toBe('gzip, br');
  expect(headerValue({}, 'content-encoding')).toBeNull();
});
