// The worker as a process, as it is bundled, with a kubeconfig.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Child } from '../../local/child.ts';
import { waitFor } from '../../local/wait.ts';
import { workerBundle } from '../../test/support/paths.ts';
import { PLAN, PLANNED_SECRETS } from '../runtime/testing/secret-plan.ts';
import { ApiServer, NAMESPACE } from './testing/api-server.ts';

const CALL_TIMEOUT_MS = 60_000;
/** Long enough for a first answer on a busy machine. */
const AWAY_MS = 5_000;
let server: ApiServer;
let directory: string;
let runs = 0;
const file = (name: string): string => join(directory, name);

beforeAll(async () => {
  server = await ApiServer.start();
  directory = await mkdtemp(join(tmpdir(), 'newsjet-certs-worker-'));
  await server.writeKubeconfig(file('kubeconfig'));
  await writeFile(file('secrets.json'), JSON.stringify(PLAN));
});
beforeEach(() => server.reset());
afterAll(async () => {
  await server.stop();
  await rm(directory, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the worker to its end; what it printed is returned as text. */
async function runWorker(
  more: Readonly<Record<string, string>> = {},
  meanwhile: (child: Child) => Promise<void> = async () => {},
): Promise<Ended> {
  const logFile = file(`run-${runs++}.log`);
  const child = new Child({
    name: 'certs',
    command: process.execPath,
    args: [workerBundle('certs')],
    environment: {
      WORKER: 'certs',
      NAMESPACE,
      PLAN: file('secrets.json'),
      KUBECONFIG: file('kubeconfig'),
      ...more,
    },
    logFile,
  });
  await meanwhile(child);
  const { code } = await child.exited;
  return { code, output: await readFile(logFile, 'utf8') };
}

it('creates everything, changes nothing the second time, and never says a secret', async () => {
  const first = await runWorker();
  expect(first.output).toContain('"msg":"every Secret of the plan is there"');
  expect(first.code).toBe(0);
  expect(server.created).toEqual(PLANNED_SECRETS);
  const before = structuredClone([...server.secrets]);
  server.calls.length = 0;

  const second = await runWorker();
  expect(second.code).toBe(0);
  expect(second.output).toContain('"created":0,"kept":6');
  expect(server.created).toEqual([]);
  expect([...server.secrets]).toEqual(before);

  const secrets = before.flatMap(([name]) => {
    const { username: _, ...data } = server.data(name);
    return Object.values(data).flatMap((value) => value.split('\n').filter((line) => line.length > 20));
  });
  expect(secrets.length).toBeGreaterThan(30);
  for (const secret of secrets) {
    expect(first.output + second.output).not.toContain(secret);
    expect(first.output + second.output).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20));
  }
});

it('fails with the permission that is missing', async () => {
  server.trouble({ call: /^POST/, times: 99, answer: { code: 403, message: 'secrets is forbidden' } });
  const { code, output } = await runWorker();
  expect(code).toBe(1);
  expect(output).toContain('the service account needs a Role that allows \\"create\\" on secrets');
  expect(output).not.toContain('"stack"');
});

it('fails when the API server is away for too long', async () => {
  server.trouble({ call: /^GET/, times: 999, answer: { code: 503, message: 'starting' } });
  const { code, output } = await runWorker({ TIMEOUT_MS: String(AWAY_MS) });
  expect(code).toBe(1);
  expect(output).toContain(`"reason":"not done within ${AWAY_MS} ms (TIMEOUT_MS): starting"`);
});

it('does not count as done when it is told to stop before it is', async () => {
  server.trouble({ call: /^GET/, times: 999, answer: { code: 503, message: 'starting' } });
  const { code, output } = await runWorker({}, async (child) => {
    // By the second it has had the answer to the first.
    await waitFor('two calls', CALL_TIMEOUT_MS, () => server.calls.length > 1);
    child.kill('SIGTERM');
  });
  expect(code).toBe(1);
  expect(output).toContain('"reason":"told to stop before every Secret was there: starting"');
});

it('refuses an environment that it can not use', async () => {
  const none = await runWorker({ NAMESPACE: '', PLAN: '' });
  expect(none.code).toBe(2);
  expect(none.output).toContain('NAMESPACE is not set\nPLAN is not set');
  const elsewhere = await runWorker({ PLAN: file('elsewhere.json') });
  expect(elsewhere.code).toBe(1);
  expect(elsewhere.output).toContain("which can't be read");
  const nowhere = await runWorker({ KUBECONFIG: '' });
  expect(nowhere.code).toBe(1);
  expect(nowhere.output).toContain('no API server is configured');
});
