// The form of every scenario: news flow, something happens, and in the end every item has arrived once.
import { expect } from 'vitest';
import { waitFor } from '../../../local/wait.ts';
import { exporterName } from '../../../workers/contract/roles.ts';
import { noteFigure } from './figures.ts';
import { Ledger } from './ledger.ts';
import { Load, type LoadOptions } from './load.ts';
import { Target } from './target.ts';

/** The source that the load goes through. */
export const SOURCE = 'agency';
const PACE = { itemsPerDocument: 20, documentsPerSecond: 5 };
const FLOW_TIMEOUT_MS = 120_000;
const SETTLE_TIMEOUT_MS = 240_000;

/** A cluster under test with a ledger, and the load that is put on it. */
export class Scenario {
  readonly target: Target;
  readonly ledger: Ledger;

  private constructor(target: Target, ledger: Ledger) {
    this.target = target;
    this.ledger = ledger;
  }

  /** Opens the cluster once everything in it is ready. */
  static async open(): Promise<Scenario> {
    const target = await Target.open();
    await target.ready();
    return new Scenario(target, await Ledger.open(target));
  }

  /** Starts a load. */
  async load(pace: Partial<Omit<LoadOptions, 'connection' | 'source'>> = {}): Promise<Load> {
    const connection = await this.target.connect(exporterName(SOURCE));
    return Load.start({ connection, source: SOURCE, ...PACE, ...pace });
  }

  /** Has something happen while news flow, and accounts for every item when all is well again. */
  async survive(name: string, happening: (load: Load) => Promise<void>): Promise<void> {
    const startedAt = performance.now();
    const load = await this.load();
    await this.flowing(load);
    await happening(load);
    await this.target.ready();
    await this.flowing(load);
    await load.stop();
    await this.settle(load);
    await noteFigure(`${name}_seconds`, Math.round(performance.now() - startedAt) / 1_000);
  }

  /** Waits until further items of the load have come through. */
  async flowing(load: Load): Promise<void> {
    const before = this.ledger.processed(load.ids);
    await waitFor(
      'further items to come through',
      FLOW_TIMEOUT_MS,
      () => this.ledger.processed(load.ids) > before,
      100,
    );
  }

  /** Waits until every item of the load has come through, and accounts for it. */
  async settle(load: Load): Promise<void> {
    // What does not come is what is to be counted.
    await waitFor(
      'every item to come through',
      SETTLE_TIMEOUT_MS,
      () => this.ledger.processed(load.ids) === load.ids.size,
      100,
    ).catch(() => {});
    const outcome = await this.ledger.outcome(load.ids);
    for (const [figure, value] of Object.entries(outcome)) await noteFigure(figure, value);
    expect(outcome).toEqual({ items: load.ids.size, lost: 0, duplicated: 0 });
    expect(outcome.items).toBeGreaterThan(0);
  }

  async close(): Promise<void> {
    await this.ledger.close();
    await this.target.close();
  }
}
