import { expect, it } from 'vitest';
import { idAt } from '../newsroom/x/snowflake.ts';
import { earlierId, newerId, timeOfId } from './post-id.ts';

it('the newer of two ids is the larger number, however long', () => {
  expect(newerId('9', '10')).toBe('10');
  expect(newerId('1863150000000000001', '1863150000000000002')).toBe('1863150000000000002');
  expect(newerId(null, '5')).toBe('5');
  expect(newerId('5', null)).toBe('5');
  expect(newerId(null, null)).toBeNull();
});

it('an id tells when its post was made, unless it is from before ids did', () => {
  const at = Date.UTC(2026, 2, 2, 8);
  expect(timeOfId(idAt(at, 77))?.getTime()).toBe(at);
  for (const id of ['20', '', 'abc', '99999999999999999999']) expect(timeOfId(id)).toBeNull();
});

it('an earlier id is that much older', () => {
  const at = Date.UTC(2026, 2, 2, 8);
  expect(timeOfId(earlierId(idAt(at), 10_000))?.getTime()).toBe(at - 10_000);
  expect(earlierId('20', 10_000)).toBe('20');
});
