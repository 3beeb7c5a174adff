// The life of a job as a process of its own: which ends count as done.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../../local/child.ts';
import { waitFor } from '../../local/wait.ts';

const SOON_MS = 30_000;
let directory: string;
let bundle: string;
const children: Child[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-job-'));
  bundle = join(directory, 'job.mjs');
  await build({
    entryPoints: [new URL('testing/sample-job.ts', import.meta.url).pathname],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
afterEach(() => Promise.all(children.splice(0).map((child) => child.stop(0))));
afterAll(() => rm(directory, { recursive: true, force: true }));

let runs = 0;
function start(fate: string, environment: Readonly<Record<string, string>> = {}) {
  const child = new Child({
    name: 'job',
    command: process.execPath,
    args: [bundle],
    environment: { WORKER: 'job', FATE: fate, ...environment },
    logFile: join(directory, `job-${runs++}.log`),
  });
  children.push(child);
  const output = (): string => child.lastLines(100);
  const exit = () => waitFor('its end', SOON_MS, () => child.exit);
  const works = () => waitFor('its work', SOON_MS, () => output().includes('"working"'));
  return { child, output, exit, works };
}

/** What the last line gives as the reason of a failure. */
const reason = (output: string): unknown => JSON.parse(output.trim().split('\n').at(-1) ?? '{}').reason;

describe('a job', () => {
  it('ends with 0 when its work is done', async () => {
    expect(await start('done').exit()).toEqual({ code: 0, signal: null });
  });

  it('ends with 0 when its work is done after all, though it was told to stop', async () => {
    const { child, works, exit } = start('late');
    await works();
    child.kill('SIGTERM');
    expect(await exit()).toEqual({ code: 0, signal: null });
  });

  it('ends with 1 when it is told to stop before, and says what was not reached and what it waited for', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { child, works, exit, output } = start('waiting');
      await works();
      child.kill(signal);
      expect(await exit()).toEqual({ code: 1, signal: null });
      expect(reason(output())).toMatch(/^told to stop before the sample was done: nobody is there \(\w+\)$/);
      expect(output()).not.toContain('"stack"');
    }
  });

  it('ends with 1 at its deadline, and names the setting and the last failure', async () => {
    const { exit, output } = start('waiting', { SAMPLE_TIMEOUT_MS: '300' });
    expect(await exit()).toEqual({ code: 1, signal: null });
    expect(reason(output())).toBe('not done within 300 ms (SAMPLE_TIMEOUT_MS): nobody is there (true)');
  });

  it('says no more where nothing failed', async () => {
    const { exit, output } = start('silent', { SAMPLE_TIMEOUT_MS: '300' });
    expect(await exit()).toEqual({ code: 1, signal: null });
    expect(reason(output())).toBe('not done within 300 ms (SAMPLE_TIMEOUT_MS)');
  });

  it('ends with 1 when it fails for another reason, which stands alone', async () => {
    const { exit, output } = start('refused');
    expect(await exit()).toEqual({ code: 1, signal: null });
    expect(reason(output())).toBe('the sample is refused');
  });

  it('ends with 2 when its settings are wrong, its deadline among them', async () => {
    const { exit, output } = start('unknown', { SAMPLE_TIMEOUT_MS: '0' });
    expect(await exit()).toEqual({ code: 2, signal: null });
    expect(output()).toContain('FATE is "unknown": allowed: done, late, refused, waiting, silent');
    expect(output()).toContain('SAMPLE_TIMEOUT_MS is "0": allowed: a whole number from 1 to 60000');
  });
});
