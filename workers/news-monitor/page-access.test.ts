// The page for everyone: keyboard, contrast and the rules that axe knows, phones, the dark, less motion.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { sampleDeadLetter, sampleFeed, sampleNews, sampleReading } from './board-samples.ts';
import { DESKTOP, PageHarness, PHONE, SOON, sampleFlow, sampleHistory, titles } from './page/testing/page-harness.ts';

const harness = new PageHarness();

describe('the keyboard', () => {
  it('reaches the skip link first, then the news', async () => {
    harness.record(1);
    const page = await harness.open();
    await page.keyboard.press('Tab');
    const skip = page.locator('.skip-link');
    expect(await skip.evaluate((link) => link.matches(':focus-visible'))).toBe(true);
    expect((await skip.boundingBox())?.y).toBeGreaterThanOrEqual(0);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id'), SOON).toBe('news');
    const reached: string[] = [];
    while (reached.length < 12 && reached.at(-1) !== 'News number 1') {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate<string>('document.activeElement.id || document.activeElement.textContent'));
      const ring = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
      expect(ring, reached.at(-1)).toBe('solid');
    }
    expect(reached).toEqual(['feed-atom', 'feed-rss', 'feed-json', 'search', 'source', 'News number 1']);
  });

  it('pauses and resumes', async () => {
    harness.record(1);
    harness.board.recordConsumers([sampleReading({ pending: 10 })], new Date());
    const page = await harness.open();
    const pause = page.locator('#pause');
    for (let stops = 0; stops < 10 && !(await pause.evaluate((node) => node.matches(':focus'))); stops += 1) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Space');
    await expect.poll(() => page.locator('#state-text').textContent(), SOON).toBe('Paused');
    expect(await pause.textContent()).toBe('Resume');
    harness.record(2);
    harness.board.recordConsumers([sampleReading({ pending: 77 })], new Date());
    await expect.poll(() => page.locator('#new-items').textContent(), SOON).toBe('1 new item');
    expect(await titles(page)).toEqual(['News number 1']);
    expect(await page.locator('#figure-lag').textContent()).toBe('10');
    await page.keyboard.press('Enter');
    await expect.poll(() => titles(page), SOON).toEqual(['News number 2', 'News number 1']);
    await expect.poll(() => page.locator('#figure-lag').textContent(), SOON).toBe('77');
    expect(await page.locator('#state-text').textContent()).toBe('Live');
  });
});

describe('the look', () => {
  const long = 'unbroken'.repeat(40);

  it('fits a phone without scrolling sideways', async () => {
    const page = await harness.open(PHONE);
    harness.board.recordNews(sampleNews(1, { title: long, description: long, author: long }), new Date(), 1_200);
    harness.board.recordNews(sampleNews(2, { title: 'Réouverture '.repeat(12) }), new Date(), 80);
    harness.board.recordConsumers(
      [
        sampleReading({ consumer: 'a-source-with-a-rather-long-name-indeed-exporter', pending: 123_456_789 }),
        { stream: 'SOURCES', consumer: 'harbour-consumer', unknown: long },
      ],
      new Date(),
    );
    harness.board.recordFeeds([sampleFeed(long.slice(0, 48), { status: 'failing', failures: 3, lastError: long })]);
    harness.board.recordDlq(1_000_000, [sampleDeadLetter(long)]);
    await expect.poll(() => titles(page), SOON).toHaveLength(2);
    await page.locator('#sources-list summary').click();
    await page.locator('#dlq-list li').waitFor();
    await page.locator('#exact summary').click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const wide = await page.evaluate<string[]>(`[...document.querySelectorAll('body *:not(.visually-hidden, thead *)')]
      .filter((node) => node.getBoundingClientRect().right > 360.5).map((node) => node.outerHTML.slice(0, 80))`);
    expect(wide).toEqual([]);
    // Laid out as blocks, the table still is one to a screen reader.
    await expect.poll(() => page.getByRole('row').count(), SOON).toBe(3);
    expect(await page.getByRole('cell', { name: '123,456,789' }).count()).toBe(1);
  });

  it.each(['light', 'dark'] as const)('is %s when the system is, with enough contrast', async (colorScheme) => {
    harness.record(1);
    harness.board.recordConsumers(
      [{ stream: 'PROCESSED', consumer: 'news-monitor', unknown: 'no answer' }],
      new Date(),
    );
    harness.board.recordFeeds([
      sampleFeed('a', { status: 'failing', failures: 1, lastError: 'refused' }),
      sampleFeed('b', { status: 'gone' }),
      sampleFeed('c'),
    ]);
    const page = await harness.open({ ...DESKTOP, colorScheme });
    await page.locator('#news-list li').waitFor();
    const luminance = await page.evaluate<number>(LUMINANCE_OF_GROUND);
    if (colorScheme === 'dark') expect(luminance).toBeLessThan(0.02);
    else expect(luminance).toBeGreaterThan(0.85);
    await page.locator('#sources-list summary').click();
    await page.locator('.feeds .feed-name').first().waitFor();
    expect(await page.evaluate<string[]>(LOW_CONTRAST)).toEqual([]);
  });

  it.each([
    ['light', DESKTOP],
    ['dark', DESKTOP],
    ['light', PHONE],
    ['dark', PHONE],
  ] as const)('breaks no rule of axe, %s and %j', async (colorScheme, options) => {
    const { consumers, flow } = sampleFlow(3);
    await harness.restart({ flow, newsApi: true });
    harness.record(1, 2);
    const readings = consumers.map((consumer, index) =>
      sampleReading({ ...consumer, pending: 10 * index, delivered: 3 }),
    );
    const unknown = { stream: 'SOURCES', consumer: 's1-consumer', unknown: 'no answer' };
    harness.board.recordConsumers([...readings.slice(0, 1), unknown, ...readings.slice(2)], new Date());
    harness.board.recordFeeds([
      sampleFeed('a', { status: 'failing', failures: 1, lastError: 'refused' }),
      sampleFeed('b', { status: 'gone' }),
    ]);
    harness.board.recordDlq(2, [sampleDeadLetter('a reason'), sampleDeadLetter('another', { sequenceInDlq: 8 })]);
    const history = sampleHistory(consumers.map(({ consumer }) => consumer));
    const page = await harness.open({ ...options, colorScheme, reducedMotion: 'reduce' }, '/', history);
    await page.locator('#flow-drawing .station').first().waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    await page.locator('.consumers .sparkline canvas').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate<string[]>(LOW_CONTRAST)).toEqual([]);
    await page.route('**/api/news*', (route) =>
      route.fulfill({ status: 503, json: { error: 'the database is away' } }),
    );
    await page.locator('#search').fill('tower');
    await page.locator('#search-problem').waitFor();
    harness.expectProblems('503');
    expect(await axeViolations(page)).toEqual([]);
    const item = {
      ...sampleNews(9),
      author: null,
      image: null,
      language: 'fr',
      sources: ['a', 'b'],
      storedAt: '2026-03-02T08:00:00Z',
    };
    await page.unroute('**/api/news*');
    await page.route('**/api/news*', (route) => route.fulfill({ json: { items: [item], next: 'more' } }));
    await page.locator('#problem-again').click();
    await page.locator('#results-list li').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate<string[]>(LOW_CONTRAST)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(options.viewport.width);
  });

  it('does not move when motion is not wanted', async () => {
    const moving = 'document.getAnimations().length';
    expect(await (await harness.open()).evaluate(moving)).toBe(1);
    expect(await (await harness.open({ ...DESKTOP, reducedMotion: 'reduce' })).evaluate(moving)).toBe(0);
  });
});

/** Runs axe in the page, by the debugger's door: the security policy lets no script in. */
async function axeViolations(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(`if (!window.axe) { ${source} }`);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
}

const LUMINANCE = `
  const channel = (value) => value <= 0.03928 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);`;

const LUMINANCE_OF_GROUND = `(() => {${LUMINANCE}
  return luminance(parse(getComputedStyle(document.body).backgroundColor));
})()`;

/** Every visible text against the nearest ground behind it: WCAG AA asks for 4.5 to 1. */
const LOW_CONTRAST = `(() => {${LUMINANCE}
  const groundOf = (node) => {
    const rect = node.ownerSVGElement && node.parentElement.querySelector('rect');
    if (rect) return parse(getComputedStyle(rect).fill);
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== '');
    if (!own || node.tagName === 'title' || !node.checkVisibility() || node.closest('noscript')) continue;
    const [a, b] = [luminance(parse(getComputedStyle(node)[node.ownerSVGElement ? 'fill' : 'color'])), luminance(groundOf(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(ratio.toFixed(2) + ' ' + node.outerHTML.slice(0, 80));
  }
  return found;
})()`;
