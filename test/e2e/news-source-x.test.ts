// A NewsSource of kind twitter is applied, at the newsroom's X: its posts arrive, and nothing of it is left in the end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { exporterName } from '../../workers/contract/roles.ts';
import { scale } from './support/faults.ts';
import { noteFigure } from './support/figures.ts';
import { Scenario } from './support/scenario.ts';

const NAME = 'square';
/** X lets one connection in for a token, and the newsroom has one token: while this source follows, the definition's can't. */
const OTHER = exporterName('twitter');
const SOON_MS = 120_000;
const RETIRE_TIMEOUT_MS = 180_000;
/** Where something of the source may be. */
const KINDS = 'deployments,workerscalers,secrets,networkpolicies';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
  await scale(scenario.target, OTHER, 0);
});
afterAll(async () => {
  if (scenario) {
    await remove('--ignore-not-found');
    await scale(scenario.target, OTHER, 1);
  }
  await scenario?.close();
});

const remove = (...options: string[]): Promise<string> =>
  scenario.target.kubectl.run(['delete', 'newssource', NAME, '--wait=true', '--timeout=170s', ...options]);

async function apply(): Promise<void> {
  const manifest = {
    apiVersion: 'newsjet.io/v1alpha1',
    kind: 'NewsSource',
    metadata: { name: NAME },
    spec: {
      kind: 'twitter',
      api: 'newsroom:/',
      // By link, so that they are news of their own, whoever else prints them.
      identity: 'link',
      // Another rule than the definition's: X takes the same one but once.
      rules: [{ tag: 'all', value: '#newsroom OR newsroom' }],
    },
  };
  await scenario.target.kubectl.run(['apply', '--filename', '-'], { input: JSON.stringify(manifest) });
}

const status = (path: string): Promise<string> =>
  scenario.target.kubectl.run(['get', 'newssource', NAME, '--output', `jsonpath=${path}`]);

describe('news-source-x', () => {
  it('brings its first post into the database', async () => {
    // An earlier run's are there still.
    const before = await scenario.ledger.countOf(NAME);
    const startedAt = performance.now();
    await apply();
    await waitFor('the first post', SOON_MS, async () => (await scenario.ledger.countOf(NAME)) > before, 100);
    await noteFigure('news_source_x_first_item_seconds', Math.round((performance.now() - startedAt) / 100) / 10);
    await waitFor('the source to be ready', SOON_MS, async () => {
      return (await status('{.status.conditions[?(@.type=="Ready")].status}')) === 'True';
    });
    await waitFor('the stream to be well', SOON_MS, async () => (await status('{.status.feeds.ok}')) === '1');
    expect(await status('{.status.errors}')).toMatch(/^(\[\])?$/);
  });

  it('is retired without a rest', async () => {
    const startedAt = performance.now();
    await remove();
    await waitFor('nothing of it to be left', RETIRE_TIMEOUT_MS, async () => {
      const left = await scenario.target.kubectl.run(['get', KINDS, '--output', 'name']);
      return !left.includes(NAME);
    });
    await noteFigure('news_source_x_retired_seconds', Math.round((performance.now() - startedAt) / 100) / 10);
  });
});
