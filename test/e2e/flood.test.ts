// A flood of 20,000 items: the operator scales the worker up, it is worked off in time, and down again; nothing is lost.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteFigure } from './support/figures.ts';
import { DRAIN_SECONDS, endFlood, flood, prepareFlood } from './support/flood.ts';
import { Scenario } from './support/scenario.ts';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
  await prepareFlood(scenario);
});
afterAll(async () => {
  if (scenario) await endFlood(scenario);
  await scenario?.close();
});

const rounded = (value: number): number => Math.round(value * 100) / 100;

describe('flood', () => {
  it('is met with more replicas at once, worked off in time, and left with one', async () => {
    const { load, record, drainSeconds } = await flood(scenario);
    const { decidedSeconds = Number.NaN, readySeconds = Number.NaN, flaps, most } = record;
    await noteFigure('scale_up_decision_seconds', rounded(decidedSeconds));
    await noteFigure('scale_up_ready_seconds', rounded(readySeconds));
    await noteFigure('drain_seconds', rounded(drainSeconds));
    await noteFigure('most_replicas', most);
    await noteFigure('flaps', flaps);
    await scenario.settle(load);
    expect(flaps).toBe(0);
    expect(most).toBeGreaterThan(1);
    expect(decidedSeconds).toBeLessThan(2);
    expect(readySeconds).toBeLessThan(10);
    expect(drainSeconds).toBeLessThan(2 * DRAIN_SECONDS);
  });
});
