// A node is drained for maintenance while news flow, and taken back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drainNode, nodeOf, uncordonNode } from './support/faults.ts';
import { Scenario } from './support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(() => scenario?.close());

describe('drain-node', () => {
  it('loses nothing, while two servers keep the quorum', async () => {
    const { target } = scenario;
    // Not the database's: its volume is on its node, so that it would have nowhere to go.
    const database = await nodeOf(target, 'mongodb-0');
    const nodes = await Promise.all(['nats-0', 'nats-1', 'nats-2'].map((pod) => nodeOf(target, pod)));
    expect(new Set(nodes).size).toBe(3);
    const node = nodes.find((name) => name !== database) as string;
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
