// Bootstrap while servers come up: it waits for them, and says for what.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { OBSERVER, TestCluster } from '../support/cluster.ts';

const UNCHANGED = { code: 0, signal: null };
const DEFINITION = `
sources:
  papers:
    kind: rss
    feeds:
      - { url: https://papers.example/world.rss, every: 1h, name: world }
      - { url: https://papers.example/sports.rss, every: 1h, name: sports }
`;

describe('bootstrap of a cluster that is coming up', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] });
  });
  afterAll(() => cluster?.stop());

  const stopServers = (...indexes: number[]) =>
    Promise.all(indexes.map((index) => cluster.cluster.servers[index]?.stop(15_000)));
  const startServers = (...indexes: number[]) => Promise.all(indexes.map((index) => cluster.cluster.restart(index)));

  it('waits for a quorum, and says what for', async () => {
    await stopServers(1, 2);
    const bootstrap = await cluster.startBootstrap();
    await waitFor('a word on it', 60_000, () => bootstrap.lastLines(100).includes('the cluster is not ready'));
    expect(bootstrap.exit).toBeUndefined();
    await startServers(1, 2);
    expect(await bootstrap.exited, bootstrap.lastLines(100)).toEqual(UNCHANGED);
    expect(bootstrap.lastLines(100)).toContain('everything is as declared now');
  });

  it('does not ask long where nobody answers: a restart of all servers costs it no more than their election', async () => {
    await stopServers(0, 1, 2);
    await startServers(0, 1, 2);
    const { exit, output } = await cluster.bootstrap();
    expect(exit).toEqual(UNCHANGED);
    expect(output).toContain('nothing to change');
    const lines = output.split('\n').map((line) => JSON.parse(line) as { time: string; msg: string });
    const times = lines.map(({ time }) => Date.parse(time));
    const waits = times.map((time, index) => time - (times[index - 1] ?? time));
    // The time-out of a request is five seconds: none was spent on a leader that was not there, which each would have been told after.
    const told = waits.filter((_, index) => lines[index]?.msg === 'the cluster is not ready');
    expect(Math.max(0, ...told), output).toBeLessThan(4_500);
  });

  it('does not count as done when it is told to stop before it is', async () => {
    await stopServers(1, 2);
    const bootstrap = await cluster.startBootstrap();
    await waitFor('a word on it', 60_000, () => bootstrap.lastLines(100).includes('the cluster is not ready'));
    bootstrap.kill('SIGTERM');
    expect(await bootstrap.exited).toEqual({ code: 1, signal: null });
    expect(bootstrap.lastLines(1)).toMatch(/told to stop before everything was as declared: \S+/);
    await startServers(1, 2);
  });

  it('gives up when there is no quorum in time, and says why', async () => {
    await stopServers(1, 2);
    const bootstrap = await cluster.startBootstrap(DEFINITION, { QUORUM_TIMEOUT_MS: '4000' });
    expect(await bootstrap.exited).toEqual({ code: 1, signal: null });
    expect(bootstrap.lastLines(1)).toMatch(/not done within 4000 ms \(QUORUM_TIMEOUT_MS\): \S+/);
    await startServers(1, 2);
  });
});
