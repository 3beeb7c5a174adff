// The command behind `make kind-up`, as it is bundled, with programs that stand for docker, kind and kubectl.
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Child } from '../local/child.ts';
import { freePorts } from '../local/ports.ts';
import { PROJECT_DIRECTORY } from '../test/support/paths.ts';
import { FakePrograms } from './testing/fake-programs.ts';

const UP = join(PROJECT_DIRECTORY, 'dist/kind/up.mjs');
const DONE = {
  kind: 'Job',
  metadata: { name: 'bootstrap', uid: 'b' },
  spec: { completions: 1, selector: { matchLabels: { job: 'bootstrap' } } },
  status: { succeeded: 1 },
};

let programs: FakePrograms;
let workers: string[];
let directory: string;
let ports: number[];
let runs = 0;
const file = (name: string): string => join(directory, name);

beforeAll(async () => {
  programs = await FakePrograms.create();
  const entries = await readdir(join(PROJECT_DIRECTORY, 'workers'), { withFileTypes: true });
  workers = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
});
afterAll(() => programs.remove());

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'newsjet-up-'));
  await copyFile(join(PROJECT_DIRECTORY, 'newsroom.yaml'), file('newsroom.yaml'));
  ports = await freePorts(3);
  const mappings = [30_080, 30_090, 30_300].map((containerPort, n) => ({ containerPort, hostPort: ports[n] }));
  const config = {
    kind: 'Cluster',
    nodes: [{ role: 'control-plane', extraPortMappings: mappings }, { role: 'worker' }],
  };
  await writeFile(file('kind-config.yaml'), JSON.stringify(config));
  await mkdir(file('workers'));
  await writeFile(file('workers/Dockerfile'), 'FROM node');
  for (const worker of workers) {
    await mkdir(file(`dist/workers/${worker}`), { recursive: true });
    await writeFile(file(`dist/workers/${worker}/main.mjs`), `run('${worker}');`);
  }
  await programs.add('docker', 'echo 1000000');
  // One of that name, when a test has made it.
  await programs.add('kind', `case "$*" in "get clusters") [ ! -e '${file('there')}' ] || echo sample;; esac`);
  await programs.add(
    'kubectl',
    'case "$*" in',
    `*"get deployments.apps"*) echo '${JSON.stringify({ items: [DONE] })}';;`,
    `*" get "*) echo '{"items":[]}';;`,
    '*" apply "*) echo "job.batch/bootstrap created";;',
    'esac',
  );
});
afterEach(async () => {
  await programs.forget();
  await rm(directory, { recursive: true });
});

/** Runs the command in the directory of the test, to its end. */
async function up(
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; said: string[] }> {
  const child = new Child({
    name: 'up',
    command: process.execPath,
    args: [UP],
    environment: { PATH: programs.folder, KIND_CLUSTER: 'sample', ...environment },
    workingDirectory: directory,
    logFile: file(`up-${runs++}.log`),
  });
  const { code } = await child.exited;
  return { code, said: child.lastLines(1_000).split('\n') };
}

/** Nothing was asked of any program but whether it is there. */
async function expectNothingDone(): Promise<void> {
  const probes = ['docker version', 'kind version', 'kubectl version', 'kind get'];
  const asked = (await programs.calls()).map((call) => call.slice(0, 2).join(' '));
  expect(asked.filter((call) => !probes.includes(call))).toEqual([]);
  expect(await readdir(directory)).not.toContain('.newsjet');
}

describe('make kind-up', () => {
  it('creates the cluster, builds, loads, applies and waits, in that order, and says where the pages are', async () => {
    const { code, said } = await up({ KIND_NODE_IMAGE: 'nodes:1' });
    for (const [n, name] of ['page', 'Prometheus', 'Grafana'].entries()) {
      expect(said.join('\n')).toMatch(new RegExp(`^${name}: +http://localhost:${ports[n]}/( as admin)?$`, 'm'));
    }
    expect(said.join('\n')).toContain('--namespace newsjet get secret grafana-admin');
    expect(code).toBe(0);
    const calls = await programs.calls();
    const order = calls
      .map((call) => call.join(' '))
      .flatMap((call) => /^(kind create|docker build|kind load)|(apply|get deployments)/.exec(call)?.[0] ?? []);
    expect([...new Set(order)]).toEqual(['kind create', 'docker build', 'kind load', 'apply', 'get deployments']);
    const create = calls.find(([name, verb]) => name === 'kind' && verb === 'create');
    expect(create?.slice(3)).toEqual(['--name', 'sample', '--config', 'kind-config.yaml', '--image', 'nodes:1']);
    expect(calls.filter(([name, verb]) => name === 'docker' && verb === 'build')).toHaveLength(workers.length);
    for (const [name, ...args] of calls) {
      // Never whichever cluster is current.
      if (name === 'kubectl' && args[0] !== 'version') expect(args.slice(0, 2)).toEqual(['--context', 'kind-sample']);
    }
    expect(await readdir(file('.newsjet/kind/manifests'))).toContain('70-workers.yaml');
  });

  it('updates a cluster that is there, whose ports are its own', async () => {
    await writeFile(file('there'), '');
    const server = createServer().listen(ports[0], '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      expect((await up()).code).toBe(0);
    } finally {
      server.close();
    }
    const calls = (await programs.calls()).map((call) => call.join(' '));
    expect(calls.filter((call) => call.startsWith('kind create'))).toEqual([]);
  });

  it('refuses a definition that is not there', async () => {
    const { code, said } = await up({ CONFIG: 'mine.yaml' });
    expect(said).toEqual(['there is no definition mine.yaml; CONFIG=… names a file like newsroom.yaml']);
    expect(code).toBe(1);
    await expectNothingDone();
  });

  it('refuses a definition with mistakes, each in a line', async () => {
    await writeFile(file('mine.yaml'), 'sources:\n  a: { kind: rs }\n  B: { kind: rss }\n');
    const { code, said } = await up({ CONFIG: 'mine.yaml' });
    expect(said.join('\n')).toMatch(/mine\.yaml:2:.*"rs"/);
    expect(said.join('\n')).not.toMatch(/^ +at /m);
    expect(said.length).toBeLessThan(8);
    expect(code).toBe(1);
    await expectNothingDone();
  });

  it('says what is missing on a machine without docker', async () => {
    await rm(join(programs.folder, 'docker'));
    const { code, said } = await up();
    expect(said).toEqual([expect.stringMatching(/^docker is not on the PATH: install Docker/)]);
    expect(code).toBe(1);
    await expectNothingDone();
  });

  it('says that the engine does not answer', async () => {
    await programs.add('docker', 'echo "Cannot connect to the Docker daemon" >&2', 'exit 1');
    const { code, said } = await up();
    expect(said).toEqual([
      expect.stringMatching(/^docker is there, but the engine does not answer/),
      expect.stringMatching(/^docker version .* ended with 1:$/),
      'Cannot connect to the Docker daemon',
    ]);
    expect(code).toBe(1);
    await expectNothingDone();
  });

  it('says which ports are taken, before anything is created', async () => {
    const server = createServer().listen(ports[1], '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { code, said } = await up();
      expect(said).toEqual([
        `port ${port} is taken by another process: stop that (another cluster, perhaps: kind get clusters), ` +
          'or change hostPort in kind-config.yaml',
      ]);
      expect(code).toBe(1);
    } finally {
      server.close();
    }
    await expectNothingDone();
  });

  it('says which of our images has no bundle, and does not leave it to the nodes to pull', async () => {
    await rm(file('dist/workers/newsroom'), { recursive: true });
    const { code, said } = await up();
    expect(said).toEqual(['no bundle in dist/workers gives newsjet/newsroom:0.1.0: make build makes them']);
    expect(code).toBe(1);
    await expectNothingDone();
  });

  it('tells what failed, in the words of the program', async () => {
    await programs.add('docker', 'case "$1" in build) echo "no space left on device" >&2; exit 1;; esac', 'echo 1');
    const { code, said } = await up();
    expect(said.slice(-2)).toEqual([
      expect.stringMatching(/^docker build .* ended with 1:$/),
      'no space left on device',
    ]);
    expect(code).toBe(1);
  });
});
