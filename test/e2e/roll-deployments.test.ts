// Every Deployment is rolled at once while news flow.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { rollDeployments } from './support/faults.ts';
import { Scenario } from './support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(() => scenario?.close());

describe('roll-deployments', () => {
  it('loses nothing and does nothing twice', () =>
    scenario.survive('roll_deployments', async () => {
      await rollDeployments(scenario.target);
      await scenario.target.ready();
    }));
});
