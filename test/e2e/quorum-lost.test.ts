// Two of three servers are gone for half a minute: nobody can publish, the lag is unknown, nothing is scaled by it, nothing lost.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { FLOODED } from './support/flood.ts';
import { Scenario } from './support/scenario.ts';

const UNKNOWN_TIMEOUT_MS = 60_000;

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(async () => {
  await scenario?.target.kubectl.run(['scale', 'statefulset', 'nats', '--replicas=3']);
  await scenario?.close();
});

const scaler = (path: string): Promise<string> =>
  scenario.target.kubectl.run(['get', 'workerscaler', FLOODED, '--output', `jsonpath=${path}`]);
const replicas = (): Promise<string> =>
  scenario.target.kubectl.run(['get', 'deployment', FLOODED, '--output', 'jsonpath={.spec.replicas}']);

describe('quorum-lost', () => {
  it('holds the replicas, says why, and goes on when the quorum is back', () =>
    scenario.survive('quorum_lost', async () => {
      const before = await replicas();
      await scenario.target.kubectl.run(['scale', 'statefulset', 'nats', '--replicas=1']);
      await waitFor('the reading to be unknown', UNKNOWN_TIMEOUT_MS, async () => {
        return (await scaler('{.status.reading}')) === 'unknown';
      });
      expect(await scaler('{.status.conditions[?(@.type=="ScalingActive")].status}')).not.toBe('True');
      expect(await replicas()).toBe(before);
      await scenario.target.kubectl.run(['scale', 'statefulset', 'nats', '--replicas=3']);
      await waitFor('the reading to be known', UNKNOWN_TIMEOUT_MS * 3, async () => {
        return (await scaler('{.status.reading}')) === 'known';
      });
    }));
});
