import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePorts } from './ports.ts';
import { findPrometheus } from './prometheus.ts';
import { runPrometheus } from './prometheus-run.ts';
import type { RunningPrometheus } from './prometheus-server.ts';
import { waitFor } from './wait.ts';

const RULES = 'groups: [{ name: one, rules: [{ record: "worker:one", expr: "1" }] }]';

let stateDirectory: string;
let progress: string[];
let running: RunningPrometheus | undefined;
let changes = 0;

beforeEach(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'newsjet-run-prometheus-'));
  progress = [];
  changes = 0;
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await rm(stateDirectory, { recursive: true, force: true });
});

async function run(port: number, rules: string): Promise<RunningPrometheus | undefined> {
  running = await runPrometheus({
    executable: await findPrometheus({ cacheDirectory: resolve('.newsjet'), progress: () => {} }),
    targets: [{ address: '127.0.0.1:9', labels: { worker: 'planet-exporter', role: 'rss-exporter' } }],
    port,
    rules,
    stateDirectory,
    progress: (line) => progress.push(line),
    onChange: () => changes++,
  });
  return running;
}

const ask = async (url: string, path: string): Promise<unknown> => (await fetch(`${url}api/v1/${path}`)).json();

it('runs at the port that is asked for, with the rules, and again after it was killed', async () => {
  const [port] = (await freePorts(1)) as [number];
  const prometheus = await run(port, RULES);
  expect(prometheus?.url).toBe(`http://localhost:${port}/`);
  const url = prometheus?.url as string;
  expect(await ask(url, 'rules')).toMatchObject({ data: { groups: [{ rules: [{ name: 'worker:one' }] }] } });
  const first = prometheus?.process.pid;
  prometheus?.process.kill('SIGKILL');
  await waitFor('it is ready again', 60_000, async () => {
    return prometheus?.process.pid !== first && (await fetch(`${url}-/ready`)).ok;
  });
  expect(prometheus?.process.failures).toBe(1);
  expect(changes).toBeGreaterThanOrEqual(2);
});

it('takes another port where that one is taken', async () => {
  const other: Server = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  try {
    const prometheus = await run(port, RULES);
    expect(prometheus?.url).toMatch(/^http:\/\/localhost:\d+\/$/);
    expect(prometheus?.url).not.toContain(`:${port}/`);
    expect(progress[0]).toContain(`port ${port} is taken by another process`);
  } finally {
    other.close();
  }
});

it('goes without where it does not start, and says what it said', async () => {
  expect(await run(0, 'groups: nothing')).toBeUndefined();
  expect(progress).toEqual([expect.stringMatching(/^without Prometheus: Prometheus ended while starting; it said:\n/)]);
  expect(progress[0]).toContain('cannot unmarshal');
});
