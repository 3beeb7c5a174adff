import { defineConfig } from 'vitest/config';
import { ApiServerLastSequencer } from './test/support/api-server/sequencer.ts';

export default defineConfig({
  test: {
    include: ['{workers,cdk8s,certs,local,kind,test}/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    sequence: { sequencer: ApiServerLastSequencer },
    globalSetup: 'test/support/global-setup.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
