// The API server is gone for a minute while news flow: workers do not need it, and nothing is scaled without it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterName } from '../../kind/kind-cluster.ts';
import { runProgram } from '../../kind/program.ts';
import { waitFor } from '../../local/wait.ts';
import { Scenario } from './support/scenario.ts';

const AWAY_MS = 60_000;
const BACK_TIMEOUT_MS = 180_000;
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const ASIDE = '/root/kube-apiserver.yaml';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(async () => {
  await move(ASIDE, MANIFEST).catch(() => {});
  await scenario?.close();
});

/** Moves the manifest by which the control plane's node runs its API server. */
const move = (from: string, to: string): Promise<string> =>
  runProgram('docker', ['exec', `${clusterName()}-control-plane`, 'mv', from, to]);

const answers = (): Promise<boolean> =>
  scenario.target.kubectl.run(['get', '--raw', '/readyz', '--request-timeout=2s']).then(
    () => true,
    () => false,
  );

describe('api-server-unreachable', () => {
  it('stops no news, and restarts nobody', async () => {
    const restarts = async (): Promise<string[]> =>
      (await scenario.target.kubectl.list(['pods']))
        .flatMap(({ metadata, status }) =>
          (status.containerStatuses ?? []).map(
            ({ restartCount }: { restartCount: number }) => `${metadata.name} ${restartCount}`,
          ),
        )
        .sort();
    const before = await restarts();
    await scenario.survive('api_server_unreachable', async () => {
      await move(MANIFEST, ASIDE);
      const goneAt = performance.now();
      await waitFor('the API server is gone', 60_000, async () => !(await answers()));
      // It stays away for the time that the scenario is about.
      await waitFor('a minute without it', AWAY_MS * 2, () => performance.now() - goneAt > AWAY_MS, 1_000);
      await move(ASIDE, MANIFEST);
      await waitFor('the API server is back', BACK_TIMEOUT_MS, answers, 1_000);
    });
    expect(await restarts()).toEqual(before);
  });
});
