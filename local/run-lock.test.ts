import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunLock, RunLockedError } from './run-lock.ts';

describe('RunLock', () => {
  let directory: string;
  let file: string;
  const children: { kill(): boolean }[] = [];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'newsjet-lock-'));
    file = join(directory, 'state', 'processes.json');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill();
    rmSync(directory, { recursive: true, force: true });
  });

  /** A process whose command line looks like one of ours, or not. */
  const start = async (name: string): Promise<number> => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', name], { stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    return child.pid as number;
  };
  const taken = (processes: object[]): string => {
    RunLock.take(file).release();
    writeFileSync(file, JSON.stringify(processes));
    try {
      RunLock.take(file);
    } catch (error) {
      if (error instanceof RunLockedError) return error.message;
    }
    return '';
  };

  it('notes the processes of the run, its own first, and forgets them at the end', () => {
    const lock = RunLock.take(file);
    lock.note([{ name: 'nats-0', pid: 1 }]);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([
      { name: 'newsjet', pid: process.pid },
      { name: 'nats-0', pid: 1 },
    ]);
    lock.release();
    expect(existsSync(file)).toBe(false);
  });

  it('refuses while another run goes on', async () => {
    const pid = await start('dist/local/run.mjs');
    expect(taken([{ name: 'newsjet', pid }])).toBe(
      `a run is going on already (process ${pid}); stop it with Ctrl-C in its terminal or: kill ${pid}`,
    );
  });

  it('names what an earlier run left behind, and the command that stops it', async () => {
    const [nats, worker] = [await start('nats-server'), await start('dist/workers/rss-exporter')];
    const gone = 2 ** 22 + 1;
    const message = taken([
      { name: 'newsjet', pid: gone },
      { name: 'nats-0', pid: nats },
      { name: 'papers-exporter', pid: worker },
    ]);
    expect(message).toContain(`nats-0 (${nats}), papers-exporter (${worker})`);
    expect(message).toContain(`kill ${nats} ${worker}`);
  });

  it('takes over from processes that have ended, from ids used again, and from a damaged file', async () => {
    const stranger = await start('an-editor');
    expect(
      taken([
        { name: 'newsjet', pid: 2 ** 22 + 1 },
        { name: 'papers', pid: stranger },
      ]),
    ).toBe('');
    writeFileSync(file, 'not JSON');
    expect(() => RunLock.take(file)).not.toThrow();
  });
});
