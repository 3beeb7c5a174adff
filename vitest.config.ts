import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{workers,cdk8s,certs,local,kind,test}/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    globalSetup: 'test/support/global-setup.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
