import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakePrograms } from './testing/fake-programs.ts';
import { CLUSTER_TOOLS, checkTools, IMAGE_TOOLS, ToolsError } from './tools.ts';

let programs: FakePrograms;

beforeAll(async () => {
  programs = await FakePrograms.create();
});
afterAll(() => programs.remove());
// Nothing of this machine: what is not there is missing.
beforeEach(() => vi.stubEnv('PATH', programs.folder));
afterEach(async () => {
  vi.unstubAllEnvs();
  await programs.forget();
});

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: Error) => error,
  );

describe('checkTools', () => {
  beforeEach(async () => {
    for (const name of ['docker', 'kind', 'kubectl']) await programs.add(name, 'echo "1.2.3"');
  });

  it('is content with tools that answer', async () => {
    await checkTools(CLUSTER_TOOLS);
    expect((await programs.calls()).map(([name]) => name).sort()).toEqual(['docker', 'kind', 'kubectl']);
  });

  it('names every tool that is missing, with where it is to be had', async () => {
    vi.stubEnv('PATH', '/nowhere');
    const error = await failure(checkTools(CLUSTER_TOOLS));
    expect(error).toBeInstanceOf(ToolsError);
    expect(error.message.split('\n')).toEqual([
      expect.stringMatching(/^docker is not on the PATH: install Docker: https:/),
      expect.stringMatching(/^kind is not on the PATH: install kind: go install /),
      expect.stringMatching(/^kubectl is not on the PATH: install kubectl: https:/),
    ]);
    expect((await failure(checkTools(IMAGE_TOOLS))).message.split('\n')).toHaveLength(1);
  });

  it('says that docker is there, but its engine is not', async () => {
    await programs.add('docker', 'echo "Cannot connect to the Docker daemon. Is it running?" >&2', 'exit 1');
    await programs.add('kind', 'exit 2');
    expect((await failure(checkTools(CLUSTER_TOOLS))).message.split('\n').filter((line) => line !== '')).toEqual([
      expect.stringMatching(/^docker is there, but the engine does not answer: start it/),
      'docker version --format {{.Server.Version}} ended with 1:',
      'Cannot connect to the Docker daemon. Is it running?',
      'kind is there, but kind version fails: install it anew',
      'kind version ended with 2:',
    ]);
  });

  it('does not wait for ever for an engine that never answers', async () => {
    await programs.add('docker', 'exec /bin/sleep 60');
    const { message } = await failure(checkTools(IMAGE_TOOLS, 300));
    expect(message).toMatch(/^docker is there, but the engine does not answer: .*\nno answer within 300 ms$/);
  });
});
