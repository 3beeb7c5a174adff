import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** One scenario after the other, by name: there is one cluster. */
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => a.moduleId.localeCompare(b.moduleId));
  }
}

export default defineConfig({
  test: {
    include: ['test/e2e/*.test.ts'],
    globalSetup: 'test/e2e/support/global-setup.ts',
    fileParallelism: false,
    sequence: { sequencer: ByName },
    testTimeout: 900_000,
    hookTimeout: 600_000,
    reporters: ['verbose'],
  },
});
