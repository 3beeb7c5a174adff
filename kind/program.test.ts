import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { waitFor } from '../local/wait.ts';
import { ProgramError, ProgramMissingError, runProgram } from './program.ts';
import { FakePrograms } from './testing/fake-programs.ts';

const SOON_MS = 10_000;
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

describe('runProgram', () => {
  it('gives the arguments as they are, and returns what was written to stdout alone', async () => {
    await programs.add('tool', 'echo "one"', 'echo "two" >&2', 'echo "three"');
    expect(await runProgram('tool', ['a b', '$HOME', '--x=*'])).toBe('one\nthree\n');
    expect(await programs.calls()).toEqual([['tool', 'a b', '$HOME', '--x=*']]);
  });

  it('gives the program what it is to read, even one that reads nothing', async () => {
    await programs.add('reader', 'read first', 'read second', 'echo "$second $first"');
    expect(await runProgram('reader', [], { input: 'a\nb\n' })).toBe('b a\n');
    await programs.add('deaf', 'exit 0');
    expect(await runProgram('deaf', [], { input: 'x'.repeat(1_000_000) })).toBe('');
  });

  it('tells each line of stderr as it comes, whatever ends it', async () => {
    await programs.add('talker', String.raw`printf 'one\ntw' >&2`, String.raw`printf 'o\r\nthree\rfour\n' >&2`);
    const lines: string[] = [];
    await runProgram('talker', [], { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['one', 'two', 'three', 'four']);
  });

  it('tells each line of stdout as it comes, also of a program that goes on', async () => {
    await programs.add('watcher', 'echo "one"', 'printf "tw"', 'echo "o"', 'exec /bin/sleep 60');
    const lines: string[] = [];
    const stop = new AbortController();
    const { signal } = stop;
    const ended = failure(runProgram('watcher', [], { signal, onOutput: (line) => lines.push(line) }));
    await waitFor('both lines', SOON_MS, () => lines.length === 2);
    stop.abort();
    await ended;
    expect(lines).toEqual(['one', 'two']);
  });

  it('fails with what was asked, how it ended and the end of what it said', async () => {
    const many = 'n=1; while [ $n -le 50 ]; do echo "line $n" >&2; n=$((n+1)); done';
    await programs.add('tool', many, 'echo "not this"', 'exit 3');
    const error = await failure(runProgram('tool', ['do', 'it']));
    expect(error).toBeInstanceOf(ProgramError);
    const lines = error.message.split('\n');
    expect([lines[0], lines[1], lines.at(-1), lines.length]).toEqual([
      'tool do it ended with 3:',
      'line 31',
      'line 50',
      21,
    ]);
  });

  it('tells what went to stdout where nothing went to stderr, and of a signal', async () => {
    await programs.add('tool', 'echo "only here"', 'kill -KILL $$');
    expect((await failure(runProgram('tool', []))).message).toBe('tool was ended by SIGKILL:\nonly here');
  });

  it('says which program is missing', async () => {
    const error = await failure(runProgram('nowhere', []));
    expect(error).toBeInstanceOf(ProgramMissingError);
    expect(error.message).toBe('nowhere is not on the PATH');
  });

  it('ends a program when it is told to', async () => {
    await programs.add('sleeper', 'exec /bin/sleep 60');
    const stop = new AbortController();
    const ended = failure(runProgram('sleeper', [], { signal: stop.signal }));
    await waitFor('its start', SOON_MS, async () => (await programs.calls()).length > 0);
    stop.abort();
    expect((await ended).name).toBe('AbortError');
  });
});
