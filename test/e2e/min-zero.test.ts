// A worker that may sleep does, and the first message wakes it: nothing is lost meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { consumerName, exporterName } from '../../workers/contract/roles.ts';
import { SOURCES_STREAM } from '../../workers/contract/subjects.ts';
import { noteFigure } from './support/figures.ts';
import { ReplicaRecord } from './support/replica-record.ts';
import { Scenario, SOURCE } from './support/scenario.ts';
import { MANIFEST_DIRECTORY } from './support/target.ts';

const SLEEPER = consumerName(SOURCE);
/** What would keep it awake. */
const FETCHER = exporterName(SOURCE);
/** Scaling down has a window of a minute. */
const ASLEEP_TIMEOUT_MS = 300_000;
const AWAKE_TIMEOUT_MS = 120_000;
const ITEMS_PER_DOCUMENT = 20;

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(async () => {
  if (scenario) await restore();
  await scenario?.close();
});

const kubectl = (...words: string[]): Promise<string> => scenario.target.kubectl.run(words);
const replicasOf = (deployment: string): Promise<string> =>
  kubectl('get', 'deployment', deployment, '--output', 'jsonpath={.spec.replicas}');
const reason = (): Promise<string> =>
  kubectl(
    ...['get', 'workerscaler', SLEEPER, '--output'],
    'jsonpath={.status.conditions[?(@.type=="ScalingActive")].reason}',
  );

/** Both scalers as they were, and both workers awake. */
async function restore(): Promise<void> {
  const { target } = scenario;
  await kubectl('apply', '--filename', MANIFEST_DIRECTORY);
  for (const worker of [FETCHER, SLEEPER]) {
    await kubectl('scale', 'deployment', worker, '--replicas=1');
    await waitFor(`${worker} to be awake`, AWAKE_TIMEOUT_MS, async () => (await replicasOf(worker)) === '1');
  }
  await target.ready();
}

describe('min-zero', () => {
  it('sends an idle worker to sleep, without a pod', async () => {
    await kubectl('delete', 'workerscaler', FETCHER, '--ignore-not-found');
    await kubectl('scale', 'deployment', FETCHER, '--replicas=0');
    const patch = JSON.stringify({ spec: { minReplicas: 0 } });
    await kubectl('patch', 'workerscaler', SLEEPER, '--type=merge', '--patch', patch);
    const startedAt = performance.now();
    await waitFor('no replica to be wanted', ASLEEP_TIMEOUT_MS, async () => (await replicasOf(SLEEPER)) === '0', 500);
    await noteFigure('asleep_after_seconds', Math.round((performance.now() - startedAt) / 100) / 10);
    await waitFor('its pods to be gone', ASLEEP_TIMEOUT_MS, async () => {
      return (await scenario.target.kubectl.list(['pods'], `app.kubernetes.io/name=${SLEEPER}`)).length === 0;
    });
    expect(await scenario.ledger.outstanding(SOURCES_STREAM, SLEEPER)).toBe(0);
    expect(await reason()).toBe('Idle');
  });

  it('is woken by the first document, which arrives like all that follow', async () => {
    const { target } = scenario;
    const load = await scenario.load({ itemsPerDocument: ITEMS_PER_DOCUMENT, documentsPerSecond: 0 });
    const record = new ReplicaRecord(target.kubectl, SLEEPER);
    try {
      await waitFor('the first look at the Deployment', AWAKE_TIMEOUT_MS, () => record.last !== undefined);
      const startedAt = performance.now();
      record.begin();
      await load.burst(1);
      await waitFor(
        'the first item to come through',
        AWAKE_TIMEOUT_MS,
        () => scenario.ledger.processed(load.ids) > 0,
        50,
      );
      const arrived = (performance.now() - startedAt) / 1_000;
      await waitFor('a replica to be ready', AWAKE_TIMEOUT_MS, () => record.readySeconds);
      await noteFigure('wake_decision_seconds', rounded(record.decidedSeconds ?? Number.NaN));
      await noteFigure('wake_seconds', rounded(record.readySeconds ?? Number.NaN));
      await noteFigure('wake_first_item_seconds', rounded(arrived));
      await load.burst(50);
      await load.stop();
      await scenario.settle(load);
      expect(record.flaps).toBe(0);
    } finally {
      await load.stop();
      await record.stop();
    }
  });
});

const rounded = (seconds: number): number => Math.round(seconds * 100) / 100;
