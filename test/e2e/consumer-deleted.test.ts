// The consumer of the flooded worker is deleted behind the operator's back, in the middle of a flood.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { OPERATOR } from '../../workers/contract/roles.ts';
import { SOURCES_STREAM } from '../../workers/contract/subjects.ts';
import { noteFigure } from './support/figures.ts';
import { endFlood, FLOODED, flood, prepareFlood } from './support/flood.ts';
import { Scenario } from './support/scenario.ts';

const REPAIR_TIMEOUT_MS = 30_000;

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
  await prepareFlood(scenario);
});
afterAll(async () => {
  if (scenario) await endFlood(scenario);
  await scenario?.close();
});

describe('consumer-deleted', () => {
  it('comes back within 30 seconds, and nothing that waited for it is lost', async () => {
    const connection = await scenario.target.connect(OPERATOR);
    const manager = await connection.jetstreamManager({ checkAPI: false });
    const { load, record } = await flood(scenario, async () => {
      expect(await manager.consumers.delete(SOURCES_STREAM, FLOODED)).toBe(true);
      const startedAt = performance.now();
      await waitFor('the consumer to be there again', REPAIR_TIMEOUT_MS, () =>
        manager.consumers.info(SOURCES_STREAM, FLOODED),
      );
      await noteFigure('consumer_repair_seconds', Math.round((performance.now() - startedAt) / 10) / 100);
    });
    await noteFigure('consumer_deleted_flaps', record.flaps);
    await scenario.settle(load);
    expect(record.flaps).toBe(0);
  });
});
