// A node is drained for maintenance while news flow, and taken back.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { drainNode, nodeWithoutDatabase, uncordonNode } from './support/faults.ts';
import { Scenario } from './support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(() => scenario?.close());

describe('drain-node', () => {
  it('loses nothing, while two servers keep the quorum', async () => {
    const { target } = scenario;
    const node = await nodeWithoutDatabase(target);
    try {
      await scenario.survive('drain_node', async (load) => {
        await drainNode(target, node);
        // The server of this node waits for it, as its volume does; news flow nevertheless.
        await scenario.flowing(load);
        await uncordonNode(target, node);
      });
    } finally {
      await uncordonNode(target, node);
    }
  });
});
