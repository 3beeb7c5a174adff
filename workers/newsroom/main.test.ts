import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const DEADLINE_MS = 30_000;
const folder = mkdtempSync(join(tmpdir(), 'newsroom-'));
const bundle = join(folder, 'main.mjs');

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Bundled CommonJS packages ask for built-in modules by require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts the process, waits for its end, and calls back when a line of its output matches. */
function run(
  environment: Record<string, string>,
  onUrl?: (url: string, kill: (signal: NodeJS.Signals) => void) => void,
) {
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [bundle], { env: { PATH: process.env.PATH, ...environment } });
    const deadline = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the newsroom did not end within ${DEADLINE_MS} ms; it said: ${output}`));
    }, DEADLINE_MS);
    let output = '';
    let announced = false;
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      const url = /"url":"([^"]+)"/.exec(output)?.[1];
      if (url && !announced) {
        announced = true;
        onUrl?.(url, (signal) => child.kill(signal));
      }
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(deadline);
      resolve({ code, output });
    });
  });
}

describe('the process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('serves until %s, then ends with 0', async (signal) => {
    let status: number | undefined;
    const { code, output } = await run({ PORT: '0' }, async (url, kill) => {
      status = (await fetch(`${url}/healthz`)).status;
      kill(signal);
    });
    expect([status, code], output).toEqual([200, 0]);
    expect(output).toContain('stopped');
  });

  it('has an X side that accepts the tokens it is told', async () => {
    const statuses: number[] = [];
    const settings = { PORT: '0', NEWSROOM_X_TOKEN: 'one,two', NEWSROOM_EDITION_POSTS: '100' };
    let posts: number | undefined;
    const { output } = await run(settings, async (url, kill) => {
      for (const token of ['newsroom', 'one', 'two']) {
        const headers = { authorization: `Bearer ${token}` };
        statuses.push((await fetch(`${url}/2/tweets/search/recent?query=news`, { headers })).status);
      }
      posts = ((await (await fetch(`${url}/edition.json`)).json()) as { posts: number }).posts;
      kill('SIGTERM');
    });
    expect([statuses, posts], output).toEqual([[401, 200, 200], 100]);
  });

  it('ends with 2 and names every wrong setting', async () => {
    const { code, output } = await run({ PORT: 'many', NEWSROOM_INTERVAL_MS: '1' });
    expect(code).toBe(2);
    expect(output).toContain('PORT is');
    expect(output).toContain('NEWSROOM_INTERVAL_MS is');
  });

  it('ends with 1 and says why when it cannot listen', async () => {
    const { code, output } = await run({ HOST: '192.0.2.1', PORT: '0' });
    expect(code).toBe(1);
    expect(output).toContain('192.0.2.1:0 (EADDRNOTAVAIL)');
  });
});
