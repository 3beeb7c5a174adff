// The drawing of the flow, the lines of the last hour and the way back for dead letters, in a real browser.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { sampleDeadLetter, sampleReading } from './board-samples.ts';
import {
  DESKTOP,
  holdTimers,
  PageHarness,
  PHONE,
  SOON,
  sampleFlow,
  sampleHistory,
} from './page/testing/page-harness.ts';

const harness = new PageHarness();

const texts = (page: Page, selector: string) => page.locator(`#flow-drawing ${selector}`).allTextContents();
const edge = (page: Page, key: string) => page.locator(`#flow-drawing [data-edge="${key}"]`);

describe('the drawing', () => {
  it('shows every worker with its replicas, and rates and lag on the edges, as they change', async () => {
    const { flow } = sampleFlow(2);
    await harness.restart({ flow });
    const at = (seconds: number) => new Date(Date.UTC(2026, 2, 2, 8, 0, seconds));
    const read = (seconds: number, pending: number, lagSeconds: number) =>
      harness.board.recordConsumers(
        [
          sampleReading({ stream: 'SOURCES', consumer: 's0-consumer', delivered: 10 * seconds, pending, lagSeconds }),
          { stream: 'SOURCES', consumer: 's1-consumer', unknown: 'no answer in 2 s' },
          sampleReading({ delivered: 4 * seconds }),
        ],
        at(seconds),
      );
    read(0, 0, 0);
    read(10, 0, 0);
    harness.board.recordReplicas({
      's0-exporter': 1,
      's1-exporter': 1,
      's0-consumer': 3,
      's1-consumer': 1,
      'news-creator': 2,
    });
    const page = await harness.open();
    await edge(page, 'pull/s0').waitFor();
    expect(await texts(page, '[data-station] .title')).toEqual([
      's0',
      's0',
      's1',
      's1',
      'SOURCES',
      'NEWS',
      'news-creator',
      'MongoDB',
      'PROCESSED',
      'news-monitor',
      'DLQ',
    ]);
    const detail = (station: string) => page.locator(`[data-station="${station}"] .detail`).textContent();
    expect(await detail('consumer/s0')).toBe('consumer ×3');
    expect(await detail('creator')).toBe('×2');
    expect(await detail('monitor')).toBe('×0');
    expect(await edge(page, 'pull/s0').getAttribute('data-state')).toBe('flowing');
    expect(await edge(page, 'pull/s0').textContent()).toBe('10/s');
    expect(await edge(page, 'publish/s0').textContent()).toBe('10/s');
    expect(await edge(page, 'create').textContent()).toBe('4.0/s');
    expect(await edge(page, 'pull/s1').textContent()).toBe('unknown');
    expect(await edge(page, 'pull/s1').getAttribute('data-state')).toBe('unknown');
    read(11, 2_500, 95);
    await expect.poll(() => edge(page, 'pull/s0').locator('.lag').textContent(), SOON).toBe('2.5K · 1 min');
    expect(await edge(page, 'pull/s0').getAttribute('data-state')).toBe('behind');
    harness.board.recordReplicas({ unknown: 'no answer' });
    await expect.poll(() => detail('creator'), SOON).toBe('×?');
    harness.board.recordDlq(3, []);
    await expect.poll(() => detail('dlq'), SOON).toBe('3');
    expect(await page.getByRole('img', { name: /On an arrow: messages a second/ }).count()).toBe(1);
  });

  it('shows a source that comes, and no more of it when it has gone', async () => {
    await harness.restart({ flow: sampleFlow(1).flow });
    harness.board.recordConsumers([sampleReading({ stream: 'SOURCES', consumer: 's0-consumer' })], new Date());
    const page = await harness.open();
    await edge(page, 'pull/s0').waitFor();
    expect(await edge(page, 'pull/s1').count()).toBe(0);
    harness.board.recordFlow(sampleFlow(2).flow);
    await edge(page, 'pull/s1').waitFor();
    harness.board.recordFlow(sampleFlow(1).flow);
    await expect.poll(() => edge(page, 'pull/s1').count(), SOON).toBe(0);
  });

  it.each([
    ['across', DESKTOP, 5],
    ['down on a phone', PHONE, 2],
  ] as const)('folds a hundred sources, %s', async (_, options, alone) => {
    const { flow, consumers } = sampleFlow(100);
    await harness.restart({ flow });
    harness.board.recordConsumers(
      consumers.map((consumer, index) => sampleReading({ ...consumer, pending: index === 42 ? 9 : 0 })),
      new Date(),
    );
    const page = await harness.open(options);
    await edge(page, 'create').waitFor();
    const shown = await texts(page, '[data-station^="consumer/"] .title');
    expect(shown).toHaveLength(alone + 1);
    expect(shown).toContain('s42');
    expect(shown.at(-1)).toBe(`${100 - alone} more`);
    const size = await page.locator('#flow-drawing svg').evaluate((svg) => [svg.clientWidth, svg.clientHeight]);
    expect(size[0]).toBeLessThanOrEqual(options.viewport.width);
    // Down, the parts stand one below the other.
    const [creator, sources] = await Promise.all(
      ['creator', 'SOURCES'].map((station) => page.locator(`[data-station="${station}"]`).boundingBox()),
    );
    if (!creator || !sources) throw new Error('not drawn');
    expect(creator.y > sources.y + sources.height).toBe(options === PHONE);
    expect(creator.x > sources.x + sources.width).toBe(options === DESKTOP);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);
    // Every one of them is in the table.
    expect(await page.locator('#consumers tr').count()).toBe(102);
  });
});

describe('lines of the last hour', () => {
  it('stand beside figures and consumers, and say in words what they show', async () => {
    const { flow, consumers } = sampleFlow(1);
    await harness.restart({ flow });
    harness.board.recordConsumers(
      consumers.map((consumer) => sampleReading(consumer)),
      new Date(),
    );
    const page = await harness.open(DESKTOP, '/', sampleHistory(['news-creator']));
    await expect.poll(() => page.locator('.figures .sparkline canvas').count(), SOON).toBe(4);
    const words = (name: string) => page.getByRole('img', { name }).getAttribute('aria-label');
    expect(await words('Lag of all consumers')).toBe('Lag of all consumers, last hour: least 0, most 1,200, now 7');
    expect(await words('Received to processed')).toContain('least 40 ms, most 60 ms, now 60 ms');
    expect(await page.locator('.consumers .sparkline canvas').count()).toBe(0);
    await page.locator('#exact summary').click();
    await expect.poll(() => page.locator('.consumers .sparkline canvas').count(), SOON).toBe(1);
    expect(await words('news-creator, acknowledged')).toContain('least 0, most 3.0, now 2.0');
    // Drawn, not only there: some of it has colour.
    const painted = await page
      .locator('.figures canvas')
      .first()
      .evaluate((node) => {
        const canvas = node as unknown as {
          width: number;
          height: number;
          getContext: (kind: string) => { getImageData: (...at: number[]) => { data: number[] } };
        };
        return canvas
          .getContext('2d')
          .getImageData(0, 0, canvas.width, canvas.height)
          .data.some((value) => value > 0);
      });
    expect(painted).toBe(true);
  });

  it('are left out where there is no history, and everything else works', async () => {
    const page = await harness.newPage();
    await page.unroute('**/api/history');
    await page.route('**/api/history', (route) => route.fulfill({ status: 404, body: 'none' }));
    await page.goto(harness.server.url);
    await harness.live(page);
    harness.record(1);
    await page.locator('#news-list li').waitFor();
    await expect.poll(() => harness.problems, SOON).toHaveLength(1);
    expect(await page.locator('.sparkline:visible').count()).toBe(0);
    harness.expectProblems('404');
  });
});

describe('a dead letter', () => {
  it('is replayed by a command that a button copies', async () => {
    harness.board.recordDlq(1, [sampleDeadLetter('HTML instead of a feed', { sequenceInDlq: 4_711 })]);
    // What the button says is said for a while only.
    const page = await harness.openHeld();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const item = page.locator('#dlq-list li');
    expect(await item.locator('code').textContent()).toBe('make replay SEQUENCE=4711');
    const button = item.getByRole('button', { name: 'Copy the command that replays dead letter 4711' });
    await button.focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => item.getByRole('status').textContent(), SOON).toBe('Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('make replay SEQUENCE=4711');
    // Another letter does not take the focus away.
    harness.board.recordDlq(2, [
      sampleDeadLetter('a newer one', { sequenceInDlq: 4_712 }),
      sampleDeadLetter('HTML instead of a feed', { sequenceInDlq: 4_711 }),
    ]);
    await expect.poll(() => page.locator('#dlq-list li').count(), SOON).toBe(2);
    expect(await page.evaluate('document.activeElement.className')).toBe('copy');
  });

  it('has its command selected where a page may not write to the clipboard, and the server may say another command', async () => {
    await harness.restart({ replayCommand: 'kubectl replay {sequence}' });
    harness.board.recordDlq(1, [sampleDeadLetter('a reason', { sequenceInDlq: 5 })]);
    const page = await harness.newPage();
    await holdTimers(page);
    await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined });");
    await page.goto(harness.server.url);
    await harness.live(page);
    await page.locator('#dlq-list .copy').click();
    await expect.poll(() => page.evaluate('getSelection().toString()'), SOON).toBe('kubectl replay 5');
    await expect.poll(() => page.locator('#dlq-list .copy').textContent(), SOON).toBe('Selected');
  });
});
