import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeScript } from './fake-tools.ts';
import { isAtLeast, runTool, ToolFailedError } from './tool.ts';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'newsjet-tool-'));
});

afterAll(async () => {
  await rm(home, { recursive: true });
});

describe('runTool', () => {
  it('says at the start what is being done, and again while it goes on', async () => {
    // Ends when it has been announced three times, so that a slow machine does not change the outcome.
    const done = join(home, 'done');
    const tool = await writeScript(join(home, 'waits'), `while [ ! -e ${done} ]; do /bin/sleep 0.02; done`);
    const lines: string[] = [];
    const progress = (line: string): void => {
      if (lines.push(line) === 3) void writeScript(done);
    };
    await runTool(tool, [], { env: {}, announce: 'working', progress, announceEveryMs: 20 });
    expect(lines[0]).toBe('working');
    expect(lines[2]).toMatch(/^working \(\d+ s\)$/);
  });

  it('reports a failure with the end of what the tool said', async () => {
    const tool = await writeScript(join(home, 'fails'), 'echo first', 'echo "the reason" >&2', 'exit 3');
    await expect(runTool(tool, ['now'], { env: {} })).rejects.toThrow(/^fails now exited with 3: .*the reason/);
  });

  it('reports a tool that cannot be started, and ends one that takes too long', async () => {
    await expect(runTool(join(home, 'absent'), [], { env: {} })).rejects.toThrow(ToolFailedError);
    const tool = await writeScript(join(home, 'hangs'), 'exec /bin/sleep 60');
    await expect(runTool(tool, [], { env: {}, timeoutMs: 50 })).rejects.toThrow(/was stopped by SIGTERM/);
  });
});

describe('isAtLeast', () => {
  it.each([
    ['2.14.0', '2.14.0', true],
    ['2.15.2', '2.14.0', true],
    ['3.0.0', '2.14.9', true],
    ['2.9.10', '2.14.0', false],
    ['2.13.99', '2.14.0', false],
    ['21', '17.0.0', true],
    ['11.0.2', '17.0.0', false],
  ])('%s against %s: %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });
});
