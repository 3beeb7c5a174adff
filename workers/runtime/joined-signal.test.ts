import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { joinSignals } from './joined-signal.ts';

describe('joinSignals', () => {
  it('aborts with the first of its sources, and leaves nothing with any', () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const { signal } = joinSignals(one.signal, two.signal);
    expect(signal.aborted).toBe(false);
    two.abort('enough');
    one.abort('late');
    expect([signal.aborted, signal.reason]).toEqual([true, 'enough']);
    expect(getEventListeners(one.signal, 'abort')).toEqual([]);
    expect(getEventListeners(two.signal, 'abort')).toEqual([]);
  });

  it('is aborted from the first where a source is', () => {
    const source = new AbortController();
    expect(joinSignals(source.signal, AbortSignal.abort('before')).signal.reason).toBe('before');
    expect(getEventListeners(source.signal, 'abort')).toEqual([]);
  });

  it('lets go when it is released', () => {
    const source = new AbortController();
    const { signal, release } = joinSignals(source.signal);
    release();
    source.abort();
    expect(signal.aborted).toBe(false);
    expect(getEventListeners(source.signal, 'abort')).toEqual([]);
  });
});
