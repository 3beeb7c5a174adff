import { describe, expect, it } from 'vitest';
import { FatalError, PoisonError, reasonOf, StoppingError } from './errors.ts';
import { backoffMs, type Persistence, pause, persist } from './retry.ts';

const never = new AbortController().signal;
const quick = { signal: never, firstDelayMs: 1, maxDelayMs: 2, onFailure: () => {} };

describe('backoffMs', () => {
  it('is half to the whole of a doubling wait, up to a maximum', () => {
    for (const [attempt, whole] of [
      [0, 100],
      [1, 200],
      [4, 1_600],
      [5, 2_000],
      [60, 2_000],
      [5_000, 2_000],
    ] as const) {
      const waits = Array.from({ length: 200 }, () => backoffMs(attempt, 100, 2_000));
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(whole / 2);
      expect(Math.max(...waits)).toBeLessThanOrEqual(whole);
      expect(new Set(waits).size, 'jitter').toBeGreaterThan(1);
    }
  });
});

describe('persist', () => {
  it('goes on until the work succeeds, and tells of each failure', async () => {
    const told: [string, number][] = [];
    const onFailure: Persistence['onFailure'] = (error, attempts) => told.push([reasonOf(error), attempts]);
    const result = await persist(
      async (attempt) => {
        if (attempt < 3) throw new Error(`away ${attempt}`);
        return `there at ${attempt}`;
      },
      { ...quick, onFailure },
    );
    expect(result).toBe('there at 3');
    expect(told).toEqual([
      ['away 0', 1],
      ['away 1', 2],
      ['away 2', 3],
    ]);
  });

  it.each([new PoisonError('p'), new FatalError('f'), new StoppingError()])(
    'does not repeat after %s',
    async (error) => {
      let attempts = 0;
      const work = async (): Promise<never> => {
        attempts++;
        throw error;
      };
      await expect(persist(work, quick)).rejects.toBe(error);
      expect(attempts).toBe(1);
    },
  );

  it('does not repeat what may not pass', async () => {
    const retryable = (error: unknown): boolean => (error as Error).message === 'may pass';
    let attempts = 0;
    const work = async (): Promise<never> => {
      throw new Error(++attempts < 3 ? 'may pass' : 'stays');
    };
    await expect(persist(work, { ...quick, retryable })).rejects.toThrow('stays');
    expect(attempts).toBe(3);
  });

  it('gives up as soon as the signal aborts, in the middle of a wait', async () => {
    const controller = new AbortController();
    const options = { ...quick, firstDelayMs: 3_600_000, maxDelayMs: 3_600_000, signal: controller.signal };
    const work = (): Promise<never> => Promise.reject(new Error('away'));
    const outcome = persist(work, { ...options, onFailure: () => controller.abort() });
    await expect(outcome).rejects.toBeInstanceOf(StoppingError);
  });

  it('does not even begin once the signal has aborted', async () => {
    let attempts = 0;
    const outcome = persist(async () => attempts++, { ...quick, signal: AbortSignal.abort() });
    await expect(outcome).rejects.toBeInstanceOf(StoppingError);
    expect(attempts).toBe(0);
  });
});

describe('pause', () => {
  it('ends with StoppingError when the signal has aborted or aborts', async () => {
    await expect(pause(3_600_000, AbortSignal.abort())).rejects.toBeInstanceOf(StoppingError);
    const controller = new AbortController();
    const pausing = pause(3_600_000, controller.signal);
    controller.abort();
    await expect(pausing).rejects.toBeInstanceOf(StoppingError);
  });
});

describe('reasonOf', () => {
  it('names the causes, and bears whatever was thrown', () => {
    expect(reasonOf(new Error('a', { cause: new TypeError('b', { cause: 'c' }) }))).toBe('a: b: c');
    expect(reasonOf(new RangeError())).toBe('RangeError');
    expect(reasonOf(new Error('no answer: b', { cause: new Error('b') }))).toBe('no answer: b');
    expect(reasonOf(undefined)).toBe('undefined');
  });
});
