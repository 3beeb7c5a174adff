import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Supervised } from './supervisor.ts';
import { waitFor } from './wait.ts';

const TIMEOUT_MS = 60_000;

describe('Supervised', () => {
  let directory: string;
  let supervised: Supervised | undefined;
  let changes: string[];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'newsjet-supervisor-'));
    changes = [];
  });
  afterEach(async () => {
    await supervised?.stop(1_000);
    rmSync(directory, { recursive: true, force: true });
  });

  const start = (script: string): Supervised => {
    const logFile = join(directory, 'log');
    supervised = new Supervised({ name: 'it', command: process.execPath, args: ['-e', script], logFile }, () => {
      changes.push(supervised?.state ?? 'starting');
    });
    return supervised;
  };

  it('starts a process again that was killed, as another process', async () => {
    const it = start('setInterval(() => {}, 1000)');
    const first = await waitFor('the process runs', TIMEOUT_MS, () => it.pid);
    it.kill('SIGKILL');
    await waitFor('another process runs', TIMEOUT_MS, () => it.pid !== undefined && it.pid !== first);
    expect(it.failures).toBe(1);
    expect(changes).toEqual(['restarting', 'running']);
  });

  it('waits longer each time while it keeps failing', async () => {
    const it = start('console.log(Date.now()); process.exit(3)');
    await waitFor('three failures', TIMEOUT_MS, () => it.failures >= 3);
    const [first, second, third] = readFileSync(it.logFile, 'utf8').trim().split('\n').map(Number) as [
      number,
      number,
      number,
    ];
    // Lower bounds only: a busy machine makes waits longer, never shorter.
    expect(second - first).toBeGreaterThanOrEqual(500);
    expect(third - second).toBeGreaterThanOrEqual(1_000);
  });

  it('lets it stay stopped, whether it runs or waits to be started again', async () => {
    const running = start('setInterval(() => {}, 1000)');
    await waitFor('the process runs', TIMEOUT_MS, () => running.pid);
    await running.stop(1_000);
    expect(running.state).toBe('stopped');
    const failing = start('process.exit(1)');
    await waitFor('it waits', TIMEOUT_MS, () => failing.state === 'restarting');
    await failing.stop(1_000);
    expect(failing.state).toBe('stopped');
    expect(failing.pid).toBeUndefined();
  });
});
