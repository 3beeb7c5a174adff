import { expect, it } from 'vitest';
import { recordingLog } from '../runtime/testing/log.ts';
import type { StreamState } from './state.ts';
import { StateKeeper } from './state-keeper.ts';

it('writes what is new, also after it was asked to write where nothing was', async () => {
  const written: StreamState[] = [];
  const bucket = {
    get: async () => null,
    put: async (_: string, text: string) => written.push(JSON.parse(text)),
  };
  const { signal } = new AbortController();
  const { log } = recordingLog();
  const url = 'https://api.example/2/tweets/search/stream';
  const keeper = await StateKeeper.open({ bucket: bucket as never, source: 'x', url, log, signal }, signal);
  keeper.say({ connection: 'connected' });
  await expect.poll(() => written.length).toBe(1);
  keeper.say({ connection: 'connected' });
  keeper.say({ connection: 'stopped' });
  await keeper.close(true);
  expect(written.map(({ connection }) => connection)).toEqual(['connected', 'stopped']);
});
