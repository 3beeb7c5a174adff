// A node ends without a word while news flow, is noticed to be gone, and comes back.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { awaitNodeLost, killNode, nodeWithoutDatabase, startNode } from './support/faults.ts';
import { Scenario } from './support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(() => scenario?.close());

describe('kill-node', () => {
  it('loses nothing when a node with a server and workers is killed', async () => {
    const { target } = scenario;
    const node = await nodeWithoutDatabase(target);
    let running = true;
    try {
      await scenario.survive('kill_node', async () => {
        await killNode(node);
        running = false;
        await awaitNodeLost(target, node);
        await startNode(target, node);
        running = true;
      });
    } finally {
      if (!running) await startNode(target, node);
    }
  });
});
