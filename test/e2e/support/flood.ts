// A flood of items into a source whose consumer the operator scales, and what it makes of it.
import { waitFor } from '../../../local/wait.ts';
import { consumerName } from '../../../workers/contract/roles.ts';
import { SOURCES_STREAM } from '../../../workers/contract/subjects.ts';
import { scale } from './faults.ts';
import type { Load } from './load.ts';
import { ReplicaRecord } from './replica-record.ts';
import { type Scenario, SOURCE } from './scenario.ts';
import { MANIFEST_DIRECTORY } from './target.ts';

/** The worker that a flood is for. */
export const FLOODED = consumerName(SOURCE);
const ITEMS = 20_000;
const ITEMS_PER_DOCUMENT = 20;
const DOCUMENTS = ITEMS / ITEMS_PER_DOCUMENT;
/** So many seconds to work off a flood; the same figure judges how long it took. */
export const DRAIN_SECONDS = 30;
/** A fifth of a core each, so that the flood is more than one replica works off in time, on any machine. */
const LIMIT = '200m';
const DRAIN_TIMEOUT_MS = 300_000;
const CALM_TIMEOUT_MS = 300_000;

/** Gives the flooded worker few cores, and its scaler its goal; and takes both back. */
export async function prepareFlood({ target }: Scenario): Promise<void> {
  const resources = ['--limits', `cpu=${LIMIT}`, '--requests', `cpu=${LIMIT}`];
  await target.kubectl.run(['set', 'resources', 'deployment', FLOODED, ...resources]);
  const goal = JSON.stringify({ spec: { drainSeconds: DRAIN_SECONDS, minReplicas: 1, maxReplicas: 8 } });
  await target.kubectl.run(['patch', 'workerscaler', FLOODED, '--type=merge', '--patch', goal]);
  await target.ready();
  const replicas = ['get', 'deployment', FLOODED, '--output', 'jsonpath={.spec.replicas}'];
  await waitFor('the worker to be at rest', CALM_TIMEOUT_MS, async () => (await target.kubectl.run(replicas)) === '1');
}

export async function endFlood({ target }: Scenario): Promise<void> {
  await target.kubectl.run(['apply', '--filename', MANIFEST_DIRECTORY]);
  await scale(target, FLOODED, 1);
}

/** What came of a flood. */
export interface FloodResult {
  readonly load: Load;
  readonly record: ReplicaRecord;
  /** From the first document to the last one's acknowledgement. */
  readonly drainSeconds: number;
}

/**
 * Floods the worker and waits until all is worked off and the replicas are back at their least.
 * @param happening meanwhile, once there are more replicas
 */
export async function flood(scenario: Scenario, happening: () => Promise<void> = async () => {}): Promise<FloodResult> {
  const { target, ledger } = scenario;
  const load = await scenario.load({ itemsPerDocument: ITEMS_PER_DOCUMENT, documentsPerSecond: 0 });
  const record = new ReplicaRecord(target.kubectl, FLOODED);
  await waitFor('the first look at the Deployment', 30_000, () => record.last !== undefined);
  try {
    const startedAt = performance.now();
    record.begin();
    // All at once: by and by, one replica might well be enough for what has come so far.
    const pouring = load.burst(DOCUMENTS, DOCUMENTS);
    await waitFor('the first decision', DRAIN_TIMEOUT_MS, () => record.decidedSeconds);
    await happening();
    await pouring;
    await load.stop();
    const left = (): Promise<number> => ledger.outstanding(SOURCES_STREAM, FLOODED);
    await waitFor('the flood to be worked off', DRAIN_TIMEOUT_MS, async () => (await left()) === 0, 50);
    const drainSeconds = (performance.now() - startedAt) / 1_000;
    await waitFor('the replicas to be back at their least', CALM_TIMEOUT_MS, () => record.last?.wanted === 1, 200);
    return { load, record, drainSeconds };
  } finally {
    await record.stop();
  }
}
