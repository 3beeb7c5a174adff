// A server's pod is deleted while news flow: first one that follows, then the one that leads the stream of news.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { OBSERVER } from '../../workers/contract/observer.ts';
import { NEWS_STREAM } from '../../workers/contract/subjects.ts';
import { deletePod } from './support/faults.ts';
import { Scenario } from './support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(() => scenario?.close());

/** The server that leads the stream of news. */
async function leader(): Promise<string> {
  const connection = await scenario.target.connect(OBSERVER.name);
  const manager = await connection.jetstreamManager({ checkAPI: false });
  const name = await waitFor('the stream to have a leader', 30_000, async () => {
    const { cluster } = await manager.streams.info(NEWS_STREAM);
    return cluster?.leader;
  });
  await connection.close();
  return name;
}

describe('delete-nats-pod', () => {
  it('loses nothing when a server that follows goes', () =>
    scenario.survive('delete_nats_pod', async () => {
      const leading = await leader();
      await deletePod(scenario.target, ['nats-0', 'nats-1', 'nats-2'].find((pod) => pod !== leading) as string);
    }));

  it('loses nothing when the leader of the stream of news goes', () =>
    scenario.survive('delete_nats_leader', async () => deletePod(scenario.target, await leader())));
});
