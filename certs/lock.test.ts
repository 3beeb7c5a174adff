import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockTimeoutError, withLock } from './lock.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-lock-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('withLock', () => {
  it('lets one in at a time', async () => {
    const path = join(directory, 'lock');
    let inside = 0;
    let most = 0;
    const enter = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await readdir(directory);
        inside -= 1;
      });
    await Promise.all([enter(), enter(), enter(), enter(), enter()]);
    expect(most).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it('is released by a failure', async () => {
    const path = join(directory, 'lock');
    await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withLock(path, async () => 'free')).toBe('free');
  });

  it('names the holder to those who wait, and gives up in the end', async () => {
    const path = join(directory, 'lock');
    const holders: string[] = [];
    await withLock(path, async () => {
      const second = withLock(path, async () => {}, { timeoutMs: 1, onWait: (holder) => holders.push(holder) });
      await expect(second).rejects.toThrow(LockTimeoutError);
      await expect(withLock(path, async () => {}, { timeoutMs: 1 })).rejects.toThrow(`process ${process.pid} on `);
    });
    expect(holders).toEqual([expect.stringMatching(new RegExp(`^${process.pid} on .+`))]);
  });
});
