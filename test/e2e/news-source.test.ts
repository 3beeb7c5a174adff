// A NewsSource is applied, grows, and is deleted: its news arrive within seconds, and nothing of it is left in the end.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { noteFigure } from './support/figures.ts';
import { Scenario } from './support/scenario.ts';

/** Another in each run: what an earlier one has stored is not of this one. */
const NAME = `gazette-${randomBytes(3).toString('hex')}`;
const FIRST_ITEM_SECONDS = 15;
const SOON_MS = 90_000;
const RETIRE_TIMEOUT_MS = 180_000;
/** Where something of the source may be. */
const KINDS = 'deployments,workerscalers,secrets,networkpolicies';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(async () => {
  await scenario?.target.kubectl.run([
    'delete',
    'newssource',
    NAME,
    '--ignore-not-found',
    '--wait=true',
    '--timeout=180s',
  ]);
  await scenario?.close();
});

/** Applies the source with some feeds of the newsroom. */
async function apply(...feeds: readonly string[]): Promise<void> {
  const manifest = {
    apiVersion: 'newsjet.io/v1alpha1',
    kind: 'NewsSource',
    metadata: { name: NAME },
    spec: {
      kind: 'rss',
      allowPrivateAddresses: true,
      // By link, so that they are news of their own, whoever else prints them.
      identity: 'link',
      feeds: feeds.map((feed) => ({ name: feed, url: `newsroom:/${feed}.rss`, every: '3s' })),
    },
  };
  await scenario.target.kubectl.run(['apply', '--filename', '-'], { input: JSON.stringify(manifest) });
}

const status = (path: string): Promise<string> =>
  scenario.target.kubectl.run(['get', 'newssource', NAME, '--output', `jsonpath=${path}`]);

describe('news-source', () => {
  it('brings its first item into the database within seconds', async () => {
    const startedAt = performance.now();
    await apply('courrier');
    await waitFor('the first item', SOON_MS, async () => (await scenario.ledger.countOf(NAME)) > 0, 100);
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    await noteFigure('news_source_first_item_seconds', seconds);
    expect(seconds).toBeLessThan(FIRST_ITEM_SECONDS);
    await waitFor('the source to be ready', SOON_MS, async () => {
      return (await status('{.status.conditions[?(@.type=="Ready")].status}')) === 'True';
    });
  });

  it('takes up a feed that is added', async () => {
    await apply('courrier', 'village');
    await waitFor('both feeds to be well', SOON_MS, async () => (await status('{.status.feeds.ok}')) === '2');
  });

  it('is retired without a rest', async () => {
    const startedAt = performance.now();
    await scenario.target.kubectl.run(['delete', 'newssource', NAME, '--wait=true', '--timeout=170s']);
    await waitFor('nothing of it to be left', RETIRE_TIMEOUT_MS, async () => {
      const left = await scenario.target.kubectl.run(['get', KINDS, '--output', 'name']);
      return !left.includes(NAME);
    });
    await noteFigure('news_source_retired_seconds', Math.round((performance.now() - startedAt) / 100) / 10);
  });
});
