// News of the newsroom arrive: in the database, and on the page.
import { mkdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../local/wait.ts';
import { launchBrowser } from '../support/browser.ts';
import { Scenario } from './support/scenario.ts';
import { PAGE_URL } from './support/target.ts';

const SOON_MS = 60_000;
const SCREENSHOT = '.newsjet/e2e/page.png';

let scenario: Scenario;
beforeAll(async () => {
  scenario = await Scenario.open();
});
afterAll(() => scenario?.close());

describe('arrival', () => {
  it('brings news of the newsroom into the database', async () => {
    const before = await scenario.ledger.countStored();
    await waitFor('more news in the database', SOON_MS, async () => (await scenario.ledger.countStored()) > before);
  });

  it('has every pod admitted, ready and never restarted for lack of health', async () => {
    const pods = await scenario.target.kubectl.list(['pods']);
    const unready = pods
      .filter(({ status }) => status.phase !== 'Succeeded')
      .filter(({ status }) => !(status.containerStatuses ?? []).every((each: { ready: boolean }) => each.ready));
    expect(unready.map(({ metadata }) => metadata.name)).toEqual([]);
    expect(pods.length).toBeGreaterThan(scenario.target.topology.workers.length);
  });

  it('shows news on the page', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(PAGE_URL);
      await page.locator('#news-list h3').first().waitFor({ timeout: SOON_MS });
      await mkdir('.newsjet/e2e', { recursive: true });
      await page.screenshot({ path: SCREENSHOT, fullPage: true });
      expect(await page.title()).toContain('Newsjet');
    } finally {
      await browser.close();
    }
  });
});
