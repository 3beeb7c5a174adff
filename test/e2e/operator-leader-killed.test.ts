// The leader of the operator's replicas is killed in the middle of a flood: another one goes on.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { noteFigure } from './support/figures.ts';
import { endFlood, flood, prepareFlood } from './support/flood.ts';
import { Scenario } from './support/scenario.ts';

const LEASE = 'operator';
const TAKEOVER_TIMEOUT_MS = 60_000;

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
  await prepareFlood(scenario);
});
afterAll(async () => {
  if (scenario) await endFlood(scenario);
  await scenario?.close();
});

const holder = (): Promise<string> =>
  scenario.target.kubectl.run(['get', 'lease', LEASE, '--output', 'jsonpath={.spec.holderIdentity}']);

describe('operator-leader-killed', () => {
  it('is replaced by another, who goes on scaling', async () => {
    const { load, record } = await flood(scenario, async () => {
      const leader = await holder();
      const [pod] = leader.split('_') as [string];
      const startedAt = performance.now();
      await scenario.target.kubectl.run(['delete', 'pod', pod, '--grace-period=0', '--force']);
      await waitFor('another leader', TAKEOVER_TIMEOUT_MS, async () => {
        const now = await holder();
        return now !== '' && now !== leader;
      });
      await noteFigure('leader_takeover_seconds', Math.round((performance.now() - startedAt) / 100) / 10);
    });
    await noteFigure('leader_killed_flaps', record.flaps);
    await scenario.settle(load);
    expect(record.flaps).toBe(0);
  });
});
