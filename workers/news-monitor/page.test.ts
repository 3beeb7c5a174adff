import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../../test/support/browser.ts';
import { Board } from './board.ts';
import { sampleDeadLetter, sampleFeed, sampleNews, sampleReading } from './board-samples.ts';
import { startPageServer } from './page-server.ts';
import type { RunningServer } from './server.ts';

const SOON = { timeout: 10_000, interval: 25 };
const DESKTOP = { viewport: { width: 1_280, height: 900 } };
const PHONE = { viewport: { width: 360, height: 740 } };

let browser: Browser;
let server: RunningServer;
let board: Board;
let problems: string[];
const pages: Page[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  problems = [];
  board = new Board({ database: 'an in-memory database' });
  server = await startPageServer({ board });
});
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  await server.close();
  expect(problems).toEqual([]);
});

/** Opens the page; anything that the console or the security policy complains about fails the test. */
async function open(options: BrowserContextOptions = DESKTOP): Promise<Page> {
  const page = await browser.newPage(options);
  pages.push(page);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  await page.goto(server.url);
  await page.locator('#state[data-state=live]').waitFor();
  await page.locator('#about:not(:empty)').waitFor();
  return page;
}

const titles = (page: Page): Promise<string[]> => page.locator('#news-list h3').allTextContents();
const record = (...indices: number[]) => {
  for (const index of indices) board.recordNews(sampleNews(index), new Date(), 250);
};
const series = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('news', () => {
  it('appear without a reload, newest first', async () => {
    const page = await open();
    await expect.poll(() => page.locator('#news-empty').textContent()).toBe('Waiting for the first news…');
    await page.evaluate('window.sameDocument = true');
    record(1);
    await expect.poll(() => titles(page), SOON).toEqual(['News number 1']);
    record(2, 3);
    await expect.poll(() => titles(page), SOON).toEqual(['News number 3', 'News number 2', 'News number 1']);
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    expect(await page.locator('#news-empty').isVisible()).toBe(false);
    expect(await page.locator('#figure-processed').textContent()).toBe('3');
    const link = page.locator('#news-list a').first();
    expect(await link.getAttribute('href')).toBe('https://news.example/3');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow');
  });

  it('have an age that keeps ticking', async () => {
    board.recordNews(sampleNews(1), new Date(Date.now() - 30_000), null);
    const page = await open();
    const age = page.locator('#news-list time[data-kind=age]');
    await expect.poll(() => age.textContent(), SOON).toMatch(/^3\d s ago$/);
    const first = await age.textContent();
    await expect.poll(() => age.textContent(), SOON).not.toBe(first);
    expect(await age.getAttribute('datetime')).toBe(board.snapshot().news[0]?.at);
  });

  it('are told to screen readers in a summary', async () => {
    record(1, 2);
    const page = await open();
    const status = page.locator('#announcement');
    await expect.poll(() => titles(page), SOON).toHaveLength(2);
    expect(await status.textContent()).toBe('');
    record(3);
    await expect.poll(() => status.textContent(), SOON).toBe('1 new item');
    record(4, 5);
    await expect.poll(() => titles(page), SOON).toHaveLength(5);
    expect(await status.textContent()).toBe('1 new item');
    expect(await status.getAttribute('aria-live')).toBe('polite');
  });

  it('beyond the first forty are a button away', async () => {
    record(...series(1, 60));
    const page = await open();
    const last = page.locator('#news-list li').last();
    await expect.poll(() => titles(page), SOON).toHaveLength(60);
    expect(await last.isVisible()).toBe(false);
    await page.locator('#older').click();
    expect(await last.isVisible()).toBe(true);
    expect(await page.locator('#older').isVisible()).toBe(false);
  });
});

describe('what comes from a feed', () => {
  const attack = '</h3><script>alert(1)</script><img src=x onerror=alert(2)>';

  it.each([
    ['javascript', 'javascript:alert(3)'],
    ['data', 'data:text/html,<script>alert(4)</script>'],
  ])('stays text, and a %s link is none', async (_, link) => {
    const page = await open();
    board.recordNews(
      sampleNews(1, { title: attack, description: attack, author: attack, source: attack, link, language: attack }),
      new Date(),
      null,
    );
    const failing = { status: 'failing', lastError: attack } as const;
    board.recordFeeds([sampleFeed(attack, failing), sampleFeed(attack, { source: attack, ...failing })]);
    board.recordDlq(1, [sampleDeadLetter(attack, { stream: attack, consumer: attack })]);
    board.recordConsumers([{ stream: attack, consumer: attack, unknown: attack }], new Date());
    await expect.poll(() => titles(page), SOON).toEqual([attack]);
    expect(await page.locator('#news-list .description').textContent()).toBe(attack);
    expect(await page.locator('#news-list .chip').textContent()).toBe(attack);
    await expect.poll(() => page.locator('#dlq-list .reason').textContent(), SOON).toBe(attack);
    await page.locator('#sources-list summary').first().click();
    await expect.poll(() => page.locator('.feeds .error-text').first().textContent(), SOON).toBe(attack);
    expect(await page.locator('main script, main img, #news-list a, [onerror]').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(1);
  });

  it('is not made a link even if the monitor let it through', async () => {
    const page = await open();
    const snapshot = board.snapshot();
    await page.route('**/api/events', (route) => {
      const news = [{ ...sampleNews(1), seq: 1, at: new Date().toISOString(), latencyMs: null, author: null }];
      const data = JSON.stringify({
        ...snapshot,
        news: news.map((item) => ({ ...item, link: 'javascript:alert(5)' })),
      });
      return route.fulfill({ contentType: 'text/event-stream', body: `event: snapshot\ndata: ${data}\n\n` });
    });
    await page.reload();
    await expect.poll(() => titles(page), SOON).toEqual(['News number 1']);
    expect(await page.locator('#news-list a').count()).toBe(0);
  });
});

describe('somebody who reads', () => {
  const topOf = (page: Page, title: string) =>
    page.evaluate<number>(
      `[...document.querySelectorAll('#news-list li')].find((item) => item.textContent.includes(${JSON.stringify(title)})).getBoundingClientRect().top`,
    );

  it('is not moved when scrolled down, and gets the new items by a button', async () => {
    record(...series(1, 40));
    const page = await open();
    await page.evaluate('window.scrollTo(0, 1200)');
    const before = await topOf(page, 'number 25.');
    record(41, 42, 43);
    const button = page.locator('#new-items');
    await expect.poll(() => button.textContent(), SOON).toBe('3 new items');
    expect(await titles(page)).toHaveLength(40);
    expect(await topOf(page, 'number 25.')).toBe(before);
    await button.click();
    expect((await titles(page)).slice(0, 2)).toEqual(['News number 43', 'News number 42']);
    expect(await button.isVisible()).toBe(false);
    expect(await page.evaluate('document.activeElement.id')).toBe('news');
  });

  it('is not moved while the focus is in the list', async () => {
    record(1, 2);
    const page = await open();
    await page.locator('#news-list a').nth(1).focus();
    record(3);
    await page.locator('#new-items').waitFor({ state: 'visible' });
    expect(await titles(page)).toHaveLength(2);
    await page.locator('#pause').focus();
    await expect.poll(() => titles(page), SOON).toHaveLength(3);
  });
});

describe('the keyboard', () => {
  it('reaches the skip link first, then the news', async () => {
    record(1);
    const page = await open();
    await page.keyboard.press('Tab');
    const skip = page.locator('.skip-link');
    expect(await skip.evaluate((link) => link.matches(':focus-visible'))).toBe(true);
    expect((await skip.boundingBox())?.y).toBeGreaterThanOrEqual(0);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id'), SOON).toBe('news');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('News number 1');
  });

  it('pauses and resumes', async () => {
    record(1);
    board.recordConsumers([sampleReading({ pending: 10 })], new Date());
    const page = await open();
    const pause = page.locator('#pause');
    for (let stops = 0; stops < 10 && !(await pause.evaluate((node) => node.matches(':focus'))); stops += 1) {
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Space');
    await expect.poll(() => page.locator('#state-text').textContent()).toBe('Paused');
    expect(await pause.textContent()).toBe('Resume');
    record(2);
    board.recordConsumers([sampleReading({ pending: 77 })], new Date());
    await expect.poll(() => page.locator('#new-items').textContent(), SOON).toBe('1 new item');
    expect(await titles(page)).toEqual(['News number 1']);
    expect(await page.locator('#figure-lag').textContent()).toBe('10');
    await page.keyboard.press('Enter');
    await expect.poll(() => titles(page), SOON).toEqual(['News number 2', 'News number 1']);
    await expect.poll(() => page.locator('#figure-lag').textContent(), SOON).toBe('77');
    expect(await page.locator('#state-text').textContent()).toBe('Live');
  });
});

describe('state', () => {
  it('shows lag, and lag that could not be read as unknown with its reason', async () => {
    const page = await open();
    board.recordConsumers(
      [
        sampleReading({ pending: 1_200, ackPending: 34 }),
        { stream: 'PROCESSED', consumer: 'news-monitor', unknown: 'no answer in 2 s' },
      ],
      new Date(),
    );
    const rows = page.locator('#consumers tr');
    await expect.poll(() => rows.count(), SOON).toBe(2);
    expect(await rows.nth(0).locator('th, td').allTextContents()).toEqual([
      'news-creator',
      'NEWS',
      '1,200',
      '34',
      '–',
      '0',
    ]);
    expect(await rows.nth(1).locator('th, td').allTextContents()).toEqual([
      'news-monitor',
      'PROCESSED',
      'unknown: no answer in 2 s',
    ]);
    expect(await page.locator('#figure-lag').textContent()).toBe('≥\u00a01,234');
    expect(await page.locator('.consumers thead th[scope=col]').count()).toBe(6);
    expect(await page.locator('#consumers th[scope=row]').count()).toBe(2);
  });

  it('shows sources with their feeds and last error, and what was put aside', async () => {
    const page = await open();
    expect(await page.locator('#figure-dlq').textContent()).toBe('unknown');
    board.recordFeeds([
      sampleFeed('port', { nextPollAt: new Date(Date.now() + 90_000).toISOString() }),
      sampleFeed('ferries', { status: 'failing', failures: 4, lastError: '503 Service Unavailable' }),
    ]);
    board.recordDlq(12, [sampleDeadLetter('HTML instead of a feed')]);
    const card = page.locator('#sources-list article');
    await expect.poll(() => card.locator('.badge').allTextContents(), SOON).toEqual(['1 ok', '1 failing']);
    expect(await card.locator('.last-error').textContent()).toContain('503 Service Unavailable');
    await card.locator('summary').click();
    await expect.poll(() => card.locator('.feeds .feed-name').allTextContents(), SOON).toEqual(['ferries', 'port']);
    await expect.poll(() => page.locator('#figure-dlq').textContent(), SOON).toBe('12');
    expect(await page.locator('#dlq-list').textContent()).toContain('HTML instead of a feed');
    expect(await page.locator('#dlq-note').textContent()).toBe('latest 1 of 12');
    // An update leaves opened details open.
    board.recordFeeds([sampleFeed('ferries', { lastError: null })]);
    await expect.poll(() => card.locator('.badge').first().textContent(), SOON).toBe('2 ok');
    expect(await card.locator('.feeds').isVisible()).toBe(true);
  });

  it('comes back by itself after the server restarts, keeping what was there', async () => {
    record(1);
    const page = await open();
    await expect.poll(() => titles(page), SOON).toEqual(['News number 1']);
    await server.close();
    await page.locator('#state[data-state=reconnecting]').waitFor();
    board = new Board();
    record(2);
    server = await startPageServer({ board, port: Number(new URL(server.url).port) });
    await page.locator('#state[data-state=live]').waitFor();
    await expect.poll(() => titles(page), SOON).toEqual(['News number 2', 'News number 1']);
    record(3);
    await expect.poll(() => titles(page), SOON).toContain('News number 3');
    // While the server was away the browser itself said so, and nothing else.
    expect(problems.filter((problem) => !problem.includes('net::ERR_'))).toEqual([]);
    problems = [];
  });
});

describe('the look', () => {
  const long = 'unbroken'.repeat(40);

  it('fits a phone without scrolling sideways', async () => {
    const page = await open(PHONE);
    board.recordNews(sampleNews(1, { title: long, description: long, author: long }), new Date(), 1_200);
    board.recordNews(sampleNews(2, { title: 'Réouverture '.repeat(12) }), new Date(), 80);
    board.recordConsumers(
      [
        sampleReading({ consumer: 'a-source-with-a-rather-long-name-indeed-exporter', pending: 123_456_789 }),
        { stream: 'SOURCES', consumer: 'harbour-consumer', unknown: long },
      ],
      new Date(),
    );
    board.recordFeeds([sampleFeed(long.slice(0, 48), { status: 'failing', failures: 3, lastError: long })]);
    board.recordDlq(1_000_000, [sampleDeadLetter(long)]);
    await expect.poll(() => titles(page), SOON).toHaveLength(2);
    await page.locator('#sources-list summary').click();
    await page.locator('#dlq-list li').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const wide = await page.evaluate<string[]>(`[...document.querySelectorAll('body *:not(.visually-hidden, thead *)')]
      .filter((node) => node.getBoundingClientRect().right > 360.5).map((node) => node.outerHTML.slice(0, 80))`);
    expect(wide).toEqual([]);
    // Laid out as blocks, the table still is one to a screen reader.
    expect(await page.getByRole('row').count()).toBe(3);
    expect(await page.getByRole('cell', { name: '123,456,789' }).count()).toBe(1);
  });

  it.each(['light', 'dark'] as const)('is %s when the system is, with enough contrast', async (colorScheme) => {
    record(1);
    board.recordConsumers([{ stream: 'PROCESSED', consumer: 'news-monitor', unknown: 'no answer' }], new Date());
    board.recordFeeds([
      sampleFeed('a', { status: 'failing', failures: 1, lastError: 'refused' }),
      sampleFeed('b', { status: 'gone' }),
      sampleFeed('c'),
    ]);
    const page = await open({ ...DESKTOP, colorScheme });
    await page.locator('#news-list li').waitFor();
    const luminance = await page.evaluate<number>(LUMINANCE_OF_GROUND);
    if (colorScheme === 'dark') expect(luminance).toBeLessThan(0.02);
    else expect(luminance).toBeGreaterThan(0.85);
    await page.locator('#sources-list summary').click();
    await page.locator('.feeds .feed-name').first().waitFor();
    expect(await page.evaluate<string[]>(LOW_CONTRAST)).toEqual([]);
  });

  it('does not move when motion is not wanted', async () => {
    const moving = 'document.getAnimations().length';
    expect(await (await open()).evaluate(moving)).toBe(1);
    expect(await (await open({ ...DESKTOP, reducedMotion: 'reduce' })).evaluate(moving)).toBe(0);
  });
});

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
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== '');
    if (!own || !node.checkVisibility() || node.closest('noscript')) continue;
    const [a, b] = [luminance(parse(getComputedStyle(node).color)), luminance(groundOf(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(ratio.toFixed(2) + ' ' + node.outerHTML.slice(0, 80));
  }
  return found;
})()`;
