// The database's pod is deleted while news flow: they wait in the stream until it is back with its volume.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deletePod } from './support/faults.ts';
import { Scenario } from './support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(() => scenario?.close());

describe('delete-database-pod', () => {
  it('loses nothing, and keeps what was stored before', async () => {
    const before = await scenario.ledger.countStored();
    await scenario.survive('delete_database_pod', () => deletePod(scenario.target, 'mongodb-0'));
    expect(await scenario.ledger.countStored()).toBeGreaterThan(before);
  });
});
