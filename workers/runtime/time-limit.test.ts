import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { limitTime, withinTime } from './time-limit.ts';

/** Collects memory now. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

const never = new AbortController().signal;

describe('limitTime', () => {
  it('aborts when the time is over, also after memory was collected', async () => {
    const limit = limitTime(50, never);
    collect();
    await once(limit.signal, 'abort');
    expect([limit.expired, (limit.signal.reason as Error).name]).toEqual([true, 'TimeoutError']);
  });

  it('aborts with the signal, and is not expired then', () => {
    const stop = new AbortController();
    const limit = limitTime(60_000, stop.signal);
    stop.abort('enough');
    expect([limit.signal.aborted, limit.signal.reason, limit.expired]).toEqual([true, 'enough', false]);
    limit.clear();
    expect(limitTime(60_000, AbortSignal.abort('before')).signal.reason).toBe('before');
  });
});

describe('withinTime', () => {
  it('gives what the work gives, or fails as it fails', async () => {
    await expect(withinTime(60_000, never, async () => 'done')).resolves.toBe('done');
    const failing = withinTime(60_000, never, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
  });

  it('tells the work when its time is over', async () => {
    const work = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await expect(withinTime(20, never, work)).rejects.toThrow('no end within 20 ms');
  });
});
