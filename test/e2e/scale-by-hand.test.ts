// A consumer is scaled by hand, from one replica to four, with a backlog before it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { consumerName } from '../../workers/contract/roles.ts';
import { SOURCES_STREAM } from '../../workers/contract/subjects.ts';
import { scale } from './support/faults.ts';
import { noteFigure } from './support/figures.ts';
import { Scenario, SOURCE } from './support/scenario.ts';
import { MANIFEST_DIRECTORY } from './support/target.ts';

const WORKER = consumerName(SOURCE);
const DOCUMENTS = 150;
/** A quarter of a core each: what is measured is more replicas, not how many cores this machine has. */
const LIMIT = '250m';
/** Documents whose items are long, so that reading them is the work, and not storing what comes of it. */
const DOCUMENT = { itemsPerDocument: 10, charactersPerItem: 10_000 };
const REPLICAS = 4;
const SOON_MS = 60_000;
const DRAIN_TIMEOUT_MS = 300_000;

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(async () => {
  if (scenario) {
    await scenario.target.kubectl.run(['apply', '--filename', MANIFEST_DIRECTORY]);
    await scale(scenario.target, WORKER, 1);
  }
  await scenario?.close();
});

describe('scale-by-hand', () => {
  it('shares a backlog among all replicas, and works it off faster', async () => {
    // The operator would have its own opinion.
    await scenario.target.kubectl.run(['delete', 'workerscaler', WORKER, '--ignore-not-found']);
    const limits = ['--limits', `cpu=${LIMIT}`, '--requests', `cpu=${LIMIT}`];
    await scenario.target.kubectl.run(['set', 'resources', 'deployment', WORKER, ...limits]);
    const alone = await drain(1);
    const together = await drain(REPLICAS);
    await noteFigure('scale_documents_per_second_1', Math.round((DOCUMENTS / alone.seconds) * 10) / 10);
    await noteFigure(`scale_documents_per_second_${REPLICAS}`, Math.round((DOCUMENTS / together.seconds) * 10) / 10);
    await noteFigure('scale_speedup', Math.round((alone.seconds / together.seconds) * 100) / 100);
    expect(together.shares).toHaveLength(REPLICAS);
    for (const share of together.shares) expect(share).toBeGreaterThan(0);
    expect(together.seconds).toBeLessThan(alone.seconds);
  });
});

/** Lets a backlog build up before there is a replica, and measures how long they take over it, and what each one does. */
async function drain(replicas: number): Promise<{ seconds: number; shares: number[] }> {
  const { target, ledger } = scenario;
  const left = (): Promise<number> => ledger.outstanding(SOURCES_STREAM, WORKER);
  await scale(target, WORKER, 0);
  const load = await scenario.load({ ...DOCUMENT, documentsPerSecond: 0 });
  await load.burst(DOCUMENTS);
  await load.stop();
  const backlog = await left();
  await target.kubectl.run(['scale', 'deployment', WORKER, `--replicas=${replicas}`]);
  await waitFor('the first document to be read', SOON_MS, async () => (await left()) < backlog, 10);
  const startedAt = performance.now();
  await waitFor('the backlog to be worked off', DRAIN_TIMEOUT_MS, async () => (await left()) === 0, 10);
  const seconds = (performance.now() - startedAt) / 1_000;
  const pods = await target.pods(WORKER);
  const shares = await Promise.all(pods.map(({ metadata }) => settled(metadata.name)));
  await scenario.settle(load);
  return { seconds, shares };
}

/** How many messages a replica has settled since it started, as its metrics say. */
async function settled(pod: string): Promise<number> {
  const read = "fetch('http://127.0.0.1:8080/metrics').then((answer) => answer.text()).then(console.log)";
  const metrics = await scenario.target.exec(pod, ['node', '-e', read]);
  return [...metrics.matchAll(/^newsjet_messages_settled_total\{[^}]*outcome="done"[^}]*\} (\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}
