import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { sampleDeadLetter, sampleFeed, sampleNews, sampleReading } from './board-samples.ts';
import { PageHarness, SOON, series, titles } from './page/testing/page-harness.ts';

const harness = new PageHarness();

describe('news', () => {
  it('appear without a reload, newest first', async () => {
    const page = await harness.open();
    await expect.poll(() => page.locator('#news-empty').textContent(), SOON).toBe('Waiting for the first news…');
    await page.evaluate('window.sameDocument = true');
    harness.record(1);
    await expect.poll(() => titles(page), SOON).toEqual(['News number 1']);
    harness.record(2, 3);
    await expect.poll(() => titles(page), SOON).toEqual(['News number 3', 'News number 2', 'News number 1']);
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    expect(await page.locator('#news-empty').isVisible()).toBe(false);
    expect(await page.locator('#figure-processed').textContent()).toBe('3');
    const link = page.locator('#news-list a').first();
    expect(await link.getAttribute('href')).toBe('https://news.example/3');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow');
  });

  it('have an age that keeps ticking', async () => {
    harness.board.recordNews(sampleNews(1), new Date(Date.now() - 30_000), null);
    const page = await harness.open();
    const age = page.locator('#news-list time[data-kind=age]');
    await expect.poll(() => age.textContent(), SOON).toMatch(/^[3-5]\d s ago$/);
    const first = await age.textContent();
    await expect.poll(() => age.textContent(), SOON).not.toBe(first);
    expect(await age.getAttribute('datetime')).toBe(harness.board.snapshot().news[0]?.at);
  });

  it('are told to screen readers in a summary', async () => {
    harness.record(1, 2);
    const page = await harness.openHeld();
    const status = page.locator('#announcement');
    await expect.poll(() => titles(page), SOON).toHaveLength(2);
    expect(await status.textContent()).toBe('');
    harness.record(3);
    await expect.poll(() => titles(page), SOON).toHaveLength(3);
    await page.clock.runFor(1);
    expect(await status.textContent()).toBe('1 new item');
    harness.record(4, 5);
    await expect.poll(() => titles(page), SOON).toHaveLength(5);
    await page.clock.runFor(9_000);
    expect(await status.textContent()).toBe('1 new item');
    await page.clock.runFor(1_000);
    expect(await status.textContent()).toBe('2 new items');
    expect(await status.getAttribute('aria-live')).toBe('polite');
  });

  it('beyond the first forty are a button away', async () => {
    harness.record(...series(1, 60));
    const page = await harness.open();
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
    const page = await harness.open();
    harness.board.recordNews(
      sampleNews(1, { title: attack, description: attack, author: attack, source: attack, link, language: attack }),
      new Date(),
      null,
    );
    const failing = { status: 'failing', lastError: attack } as const;
    harness.board.recordFeeds([sampleFeed(attack, failing), sampleFeed(attack, { source: attack, ...failing })]);
    harness.board.recordDlq(1, [sampleDeadLetter(attack, { stream: attack, consumer: attack })]);
    harness.board.recordConsumers([{ stream: attack, consumer: attack, unknown: attack }], new Date());
    await expect.poll(() => titles(page), SOON).toEqual([attack]);
    expect(await page.locator('#news-list .description').textContent()).toBe(attack);
    expect(await page.locator('#news-list .chip').textContent()).toBe(attack);
    await expect.poll(() => page.locator('#dlq-list .reason').textContent(), SOON).toBe(attack);
    await page.locator('#sources-list summary').first().click();
    await expect.poll(() => page.locator('.feeds .error-text').first().textContent(), SOON).toBe(attack);
    expect(await page.locator('main script, main img, #news-list a, [onerror]').count()).toBe(0);
    await page.locator('#exact summary').click();
    expect(await page.locator('script').count()).toBe(1);
  });

  it('is not made a link even if the monitor let it through', async () => {
    const page = await harness.open();
    const snapshot = harness.board.snapshot();
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
    harness.record(...series(1, 40));
    const page = await harness.open();
    // The lines among the figures come last, and take room above the news.
    await page.locator('.figures .sparkline').first().waitFor();
    await page.evaluate('window.scrollTo(0, 1200)');
    const before = await topOf(page, 'number 25.');
    harness.record(41, 42, 43);
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
    harness.record(1, 2);
    const page = await harness.open();
    await page.locator('#news-list a').nth(1).focus();
    harness.record(3);
    await page.locator('#new-items').waitFor({ state: 'visible' });
    expect(await titles(page)).toHaveLength(2);
    await page.locator('#pause').focus();
    await expect.poll(() => titles(page), SOON).toHaveLength(3);
  });
});

describe('state', () => {
  it('shows lag, and lag that could not be read as unknown with its reason', async () => {
    const page = await harness.open();
    harness.board.recordConsumers(
      [
        sampleReading({ pending: 1_200, ackPending: 34, lagSeconds: 4.2 }),
        { stream: 'PROCESSED', consumer: 'news-monitor', unknown: 'no answer in 2 s' },
      ],
      new Date(),
    );
    harness.board.recordReplicas({ 'news-creator': 3 });
    const rows = page.locator('#consumers tr');
    await expect.poll(() => rows.count(), SOON).toBe(2);
    expect(await rows.nth(0).locator('th, td').allTextContents()).toEqual([
      'news-creator',
      'NEWS',
      '1,200',
      '34',
      '4 s',
      '–',
      '–',
      '0',
      '3',
      '',
    ]);
    expect(await rows.nth(1).locator('th, td').allTextContents()).toEqual([
      'news-monitor',
      'PROCESSED',
      'unknown: no answer in 2 s',
      '',
    ]);
    expect(await page.locator('#figure-lag').textContent()).toBe('≥\u00a01,234');
    expect(await page.locator('.consumers thead th[scope=col]').count()).toBe(10);
    expect(await page.locator('#consumers th[scope=row]').count()).toBe(2);
  });

  it('shows sources with their feeds and last error, and what was put aside', async () => {
    const page = await harness.open();
    expect(await page.locator('#figure-dlq').textContent()).toBe('unknown');
    harness.board.recordFeeds([
      sampleFeed('port', { nextPollAt: new Date(Date.now() + 90_000).toISOString() }),
      sampleFeed('ferries', { status: 'failing', failures: 4, lastError: '503 Service Unavailable' }),
    ]);
    harness.board.recordDlq(12, [sampleDeadLetter('HTML instead of a feed')]);
    const card = page.locator('#sources-list article');
    await expect.poll(() => card.locator('.badge').allTextContents(), SOON).toEqual(['1 ok', '1 failing']);
    expect(await card.locator('.last-error').textContent()).toContain('503 Service Unavailable');
    await card.locator('summary').click();
    await expect.poll(() => card.locator('.feeds .feed-name').allTextContents(), SOON).toEqual(['ferries', 'port']);
    await expect.poll(() => page.locator('#figure-dlq').textContent(), SOON).toBe('12');
    expect(await page.locator('#dlq-list').textContent()).toContain('HTML instead of a feed');
    expect(await page.locator('#dlq-note').textContent()).toBe('latest 1 of 12');
    // An update leaves opened details open.
    harness.board.recordFeeds([sampleFeed('ferries', { lastError: null })]);
    await expect.poll(() => card.locator('.badge').first().textContent(), SOON).toBe('2 ok');
    expect(await card.locator('.feeds').isVisible()).toBe(true);
  });

  it('comes back by itself after the server restarts, keeping what was there', async () => {
    harness.record(1);
    const page = await harness.open();
    await expect.poll(() => titles(page), SOON).toEqual(['News number 1']);
    await harness.server.close();
    await page.locator('#state[data-state=reconnecting]').waitFor();
    await harness.restart();
    harness.record(2);
    await page.locator('#state[data-state=live]').waitFor();
    await expect.poll(() => titles(page), SOON).toEqual(['News number 2', 'News number 1']);
    harness.record(3);
    await expect.poll(() => titles(page), SOON).toContain('News number 3');
    // While the server was away the browser itself said so, and nothing else.
    harness.expectProblems('net::ERR_');
  });
});
