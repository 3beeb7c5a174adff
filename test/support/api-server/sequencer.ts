// The order of test files: those that need the API server come last, because it may have to be built first, and a file that
// waits for it holds up others.
import { readFile } from 'node:fs/promises';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What every file that waits for the API server names. */
const MARK = 'API_SERVER_TIMEOUT_MS';

export class ApiServerLastSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const texts = await Promise.all(sorted.map(({ moduleId }) => readFile(moduleId, 'utf8')));
    const waits = (index: number): boolean => texts[index]?.includes(MARK) === true;
    return [...sorted.filter((_, index) => !waits(index)), ...sorted.filter((_, index) => waits(index))];
  }
}
