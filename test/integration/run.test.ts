// `make run` as a person meets it: the command, its page, its messages, and nothing left behind.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Parser from 'rss-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../../local/child.ts';
import { freePorts } from '../../local/ports.ts';
import { waitFor } from '../../local/wait.ts';
import { CACHE_DIRECTORY, PROJECT_DIRECTORY } from '../support/paths.ts';

const PAGE_TIMEOUT_MS = 60_000;
const SOON_MS = 60_000;
/** Longer than the run itself takes at the most: workers, servers and the database have their grace one after the other. */
const STOP_TIMEOUT_MS = 70_000;
/** Longer than the waits within. */
const TEST_TIMEOUT_MS = 300_000;

interface Snapshot {
  readonly database: string;
  readonly news: readonly { title: string; source: string }[];
  readonly sources: readonly { source: string; active: number; lastPollAt: string | null }[];
  readonly consumers: readonly object[];
  readonly totals: { readonly processed: number };
}

/** Resident memory of a process, as the system counts it: from /proc where there is one, else from ps. */
function residentMegabytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kilobytes = existsSync(status)
    ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kilobytes) / 1_024;
}

describe('make run', () => {
  let home: string;
  let runs = 0;
  beforeAll(async () => {
    // A project folder of its own, with what is installed and built for this one.
    home = await mkdtemp(join(tmpdir(), 'newsjet-run-'));
    for (const entry of ['dist', 'local', 'newsroom.yaml'])
      await symlink(join(PROJECT_DIRECTORY, entry), join(home, entry));
    await mkdir(join(home, '.newsjet'));
    for (const entry of await readdir(CACHE_DIRECTORY)) {
      if (entry !== 'state' && entry !== 'certs')
        await symlink(join(CACHE_DIRECTORY, entry), join(home, '.newsjet', entry));
    }
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const start = (environment: Record<string, string>, command = 'run'): Child =>
    new Child({
      name: command,
      command: process.execPath,
      args: [join(PROJECT_DIRECTORY, 'dist/local', `${command}.mjs`)],
      environment: { ...(process.env.NATS_SERVER ? { NATS_SERVER: process.env.NATS_SERVER } : {}), ...environment },
      workingDirectory: home,
      logFile: join(home, `${command}-${runs++}.log`),
    });

  const board = async (port: number): Promise<Snapshot> =>
    (await (await fetch(`http://127.0.0.1:${port}/api/board`)).json()) as Snapshot;

  const processesOf = async (name: string): Promise<{ name: string; pid: number }[]> =>
    JSON.parse(await readFile(join(home, '.newsjet/state', name, 'processes.json'), 'utf8'));

  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('shows news of the newsroom, refuses a second run, and leaves nothing behind after Ctrl-C', {
    timeout: TEST_TIMEOUT_MS,
  }, async () => {
    const [page, newsroom, prometheus] = (await freePorts(3)) as [number, number, number];
    const ports = { PORT: String(page), NEWSROOM_PORT: String(newsroom), PROMETHEUS_PORT: String(prometheus) };
    const run = start(ports);
    const snapshot = await waitFor('news on the page', PAGE_TIMEOUT_MS, async () => {
      if (run.exit) throw new Error(run.lastLines(10));
      const now = await board(page);
      return now.news.length >= 20 && now.sources.every(({ lastPollAt }) => lastPollAt !== null) ? now : undefined;
    });
    expect(snapshot.sources.map(({ source }) => source).sort()).toEqual(['agency', 'magazines', 'papers', 'twitter']);
    expect(snapshot.consumers.length).toBe(9);
    expect(snapshot.database).not.toBe('');
    await waitFor('status lines in the terminal', SOON_MS, () => run.lastLines(1_000).includes('dead letters'));
    const said = run.lastLines(1_000);
    expect(said).toContain('news-creator');
    expect(said).toContain(`http://localhost:${page}/`);
    expect(said).toContain(snapshot.database);

    const feed = await waitFor('the feed of stored news', SOON_MS, async () => {
      const response = await fetch(`http://127.0.0.1:${page}/feed.atom?limit=5`);
      return response.ok ? new Parser().parseString(await response.text()) : undefined;
    });
    expect(feed.items).toHaveLength(5);

    expect(said).toContain(`http://localhost:${prometheus}/alerts`);
    const alerts = await waitFor('alerts that were evaluated', SOON_MS, async () => {
      const response = await fetch(`http://127.0.0.1:${prometheus}/api/v1/rules?type=alert`);
      const { data } = (await response.json()) as { data: { groups: { rules: { name: string; health: string }[] }[] } };
      const rules = data.groups.flatMap((group) => group.rules);
      return rules.length > 0 && rules.every(({ health }) => health === 'ok') ? rules : undefined;
    });
    expect(alerts.map(({ name }) => name)).toEqual(expect.arrayContaining(['PipelineStalled', 'XStreamDown']));
    expect(alerts.map(({ name }) => name)).not.toContain('ReplicasAtMax');

    const processes = await processesOf('newsroom');
    expect(processes.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'newsjet',
        'nats-0',
        'nats-1',
        'nats-2',
        'agency-exporter',
        'papers-consumer',
        'news-monitor',
      ]),
    );
    const workers = processes.filter(({ name }) => /-(exporter|consumer|creator|reader|monitor)$/.test(name));
    expect(workers).toHaveLength(12);
    for (const { name, pid } of workers) expect(residentMegabytes(pid), name).toBeLessThan(120);

    const second = start({ PORT: '0', NEWSROOM_PORT: '0' });
    expect((await second.exited).code).toBe(1);
    expect(second.lastLines(3)).toContain(`a run is going on already (process ${run.pid})`);

    // Whatever is killed comes back: a server, the database, a worker.
    const victims = processes.filter(({ name }) => ['nats-1', 'database', 'news-creator'].includes(name));
    for (const { pid } of victims) process.kill(pid, 'SIGKILL');
    await waitFor('what was killed runs again', SOON_MS, async () => {
      const now = await processesOf('newsroom');
      return victims.every(({ name, pid }) => now.some((other) => other.name === name && other.pid !== pid));
    });
    const before = (await board(page)).totals.processed;
    await waitFor('news flow again', SOON_MS, async () => (await board(page)).totals.processed > before);

    const last = await processesOf('newsroom');
    run.kill('SIGINT');
    const exit = await waitFor('the run has stopped', STOP_TIMEOUT_MS, () => run.exit);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(run.lastLines(1)).toBe('stopped');
    expect(last.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(existsSync(join(home, '.newsjet/state/newsroom/processes.json'))).toBe(false);
  });

  it('runs a definition of one’s own with feeds on 127.0.0.1', { timeout: TEST_TIMEOUT_MS }, async () => {
    const feed = (title: string): string =>
      `<rss version="2.0"><channel><title>Mine</title><item><title>${title}</title><link>http://example.org/1</link></item></channel></rss>`;
    const server = createServer((_request, response) => response.end(feed('News of my own')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port: feedPort } = server.address() as AddressInfo;
    const [page] = (await freePorts(1)) as [number];
    await writeFile(
      join(home, 'mine.yaml'),
      `sources:\n  mine:\n    kind: rss\n    allowPrivateAddresses: true\n    feeds: [{ url: "http://127.0.0.1:${feedPort}/feed", every: 1s }]\n`,
    );
    const run = start({ CONFIG: 'mine.yaml', PORT: String(page) });
    try {
      const { news } = await waitFor('my news on the page', PAGE_TIMEOUT_MS, async () => {
        if (run.exit) throw new Error(run.lastLines(10));
        const now = await board(page);
        return now.news.length > 0 ? now : undefined;
      });
      expect(news.map(({ title, source }) => ({ title, source }))).toEqual([
        { title: 'News of my own', source: 'mine' },
      ]);
      // `make logs`, and the way of that document through them.
      const logs = start({ CONFIG: 'mine.yaml' }, 'logs');
      const traceId = await waitFor('the fetch in the logs', SOON_MS, () => {
        return /INFO {2}mine-exporter {2}fetched {2}.*traceId=(\w{32})/.exec(logs.lastLines(200))?.[1];
      });
      logs.kill('SIGINT');
      expect((await logs.exited).code).toBe(0);
      const trace = start({ CONFIG: 'mine.yaml', TRACE: traceId }, 'logs');
      const said = () =>
        trace
          .lastLines(200)
          .split('\n')
          .map((line) => line.split(/ {2}/)[2]);
      await waitFor('its way', SOON_MS, () => said().length === 3);
      // Each process says what it did once it is done; the next may have begun by then.
      expect(said().sort()).toEqual(['fetched', 'read', 'stored']);
      await trace.stop(STOP_TIMEOUT_MS);
      const processes = await processesOf('mine');
      // One that has still something in hand, so that the run is not over before anybody insists.
      const busy = processes.find(({ name }) => name === 'mine-consumer');
      process.kill(busy?.pid as number, 'SIGSTOP');
      run.kill('SIGINT');
      await waitFor('the run is stopping', SOON_MS, () => /^stopping/m.test(run.lastLines(10)));
      // Insisting ends it at once, and even then nothing is left.
      run.kill('SIGINT');
      expect((await waitFor('the run has ended', SOON_MS, () => run.exit)).code).toBe(130);
      await waitFor('no process is left', SOON_MS, () => processes.every(({ pid }) => !isAlive(pid)));
    } finally {
      await run.stop(STOP_TIMEOUT_MS);
      server.close();
    }
  });

  it('says in one sentence what is wrong', async () => {
    await writeFile(join(home, 'wrong.yaml'), 'sources:\n  a:\n    kind: tape\n');
    const taken = createTcpServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const cases: [Record<string, string>, string][] = [
      [{ CONFIG: 'missing.yaml' }, 'there is no definition missing.yaml'],
      [{ CONFIG: 'wrong.yaml', PORT: '0' }, 'wrong.yaml:3:11: sources.a.kind: "tape" is not allowed here'],
      [{ PORT: 'http' }, 'PORT is "http"'],
      [{ PORT: String(port), NEWSROOM_PORT: '0' }, `port ${port}, for the page, is taken by another process`],
      [{ PORT: '0', NEWSROOM_PORT: String(port) }, `port ${port}, for the newsroom, is taken by another process`],
    ];
    for (const [environment, message] of cases) {
      const run = start(environment);
      expect((await run.exited).code, message).toBe(1);
      expect(run.lastLines(20)).toContain(message);
      expect(run.lastLines(20)).not.toContain('    at ');
    }
    taken.close();
  });
});
