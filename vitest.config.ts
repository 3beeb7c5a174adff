import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ApiServerLastSequencer } from './test/support/api-server/sequencer.ts';

export default defineConfig({
  test: {
    include: ['{workers,cdk8s,certs,local,kind,test}/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    sequence: { sequencer: ApiServerLastSequencer },
    globalSetup: 'test/support/global-setup.ts',
    // Most of what tests do is wait for servers: two files at a time keep two cores busy.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Longer than the waits within, so that it is they that say what did not come, also where a build runs beside the tests.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // By default it gives up after a second.
    expect: { poll: { timeout: 30_000 } },
  },
});
