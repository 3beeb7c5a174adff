// How the operator's process ends.
import { expect, it } from 'vitest';
import { closeEach } from './operator-process.ts';

it('closes everything, one after the other, and says what could not be closed', async () => {
  const closed: string[] = [];
  const logged: unknown[] = [];
  const end = (name: string, failure?: Error) => async (): Promise<void> => {
    await new Promise(setImmediate);
    if (failure) throw failure;
    closed.push(name);
  };
  const synchronous = (): Promise<void> => {
    throw new Error('not open');
  };
  await closeEach([end('recorder', new Error('no answer')), end('watcher'), synchronous, end('link')], {
    warn: (...line: unknown[]) => void logged.push(line),
  } as never);
  expect(closed).toEqual(['watcher', 'link']);
  expect(logged).toEqual([
    [{ reason: 'no answer' }, 'something could not be closed'],
    [{ reason: 'not open' }, 'something could not be closed'],
  ]);
});
