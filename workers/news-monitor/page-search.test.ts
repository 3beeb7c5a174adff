// Searching stored news on the page, with a reader's answers made up, in a real browser.
import type { Page, Route } from 'playwright-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NewsPage, StoredNews } from '../contract/news-api.ts';
import { sampleFeed } from './board-samples.ts';
import { DESKTOP, holdTimers, PageHarness, SOON, titles } from './page/testing/page-harness.ts';

const harness = new PageHarness();

const stored = (title: string, changes: Partial<StoredNews> = {}): StoredNews => ({
  id: title,
  title,
  description: '',
  date: null,
  link: 'https://news.example/1',
  author: null,
  image: null,
  language: null,
  sources: ['harbour'],
  storedAt: '2026-03-02T08:00:00.000Z',
  ...changes,
});

/** What the reader answers, and what it was asked. */
let answer: (asked: URLSearchParams) => NewsPage | { readonly status: number; readonly json?: unknown };
let asked: string[];
beforeEach(() => {
  asked = [];
  answer = (parameters) => ({ items: [stored(`about ${parameters.get('q')}`)], next: null });
});

async function open(path = '/', { held = false } = {}): Promise<Page> {
  const page = await harness.newPage(DESKTOP);
  if (held) await holdTimers(page);
  await page.route('**/api/news*', (route: Route) => {
    const { search, searchParams } = new URL(route.request().url());
    asked.push(search);
    const answered = answer(searchParams);
    return 'status' in answered ? route.fulfill(answered) : route.fulfill({ json: answered });
  });
  await page.goto(harness.server.url + path);
  await harness.live(page);
  return page;
}

const found = (page: Page): Promise<string[]> => page.locator('#results-list h3').allTextContents();
const search = (page: Page): string => new URL(page.url()).search;

describe('typing', () => {
  it('searches after a pause, says how many were found, and writes the address', async () => {
    harness.record(1);
    const page = await open();
    await page.locator('#search').pressSequentially('clock tower', { delay: 15 });
    await expect.poll(() => found(page), SOON).toEqual(['about clock tower']);
    // The pause swallows most keystrokes, however slow the machine.
    expect(asked.length).toBeLessThan('clock tower'.length);
    expect(asked.at(-1)).toBe('?q=clock+tower');
    await expect.poll(() => search(page), SOON).toBe('?q=clock+tower');
    expect(await page.locator('#announcement').textContent()).toBe('1 stored news for “clock tower”');
    expect(await page.locator('#news-list').isVisible()).toBe(false);
    // The live news come back with Escape.
    await page.keyboard.press('Escape');
    expect(await page.locator('#news-list').isVisible()).toBe(true);
    await expect.poll(() => search(page), SOON).toBe('');
    expect(await page.locator('#search').inputValue()).toBe('');
    expect(await page.evaluate('document.activeElement.id')).toBe('search');
  });

  it('searches at once by Enter, again by Enter again, and can be gone back from and to', async () => {
    // The pause after typing, which would ask as well, never ends.
    const page = await open('/', { held: true });
    await page.locator('#search').fill('a');
    await page.keyboard.press('Enter');
    await expect.poll(() => found(page), SOON).toEqual(['about a']);
    await page.keyboard.press('Enter');
    await expect.poll(() => asked, SOON).toEqual(['?q=a', '?q=a']);
    await page.locator('#search').fill('b');
    await page.keyboard.press('Enter');
    await expect.poll(() => found(page), SOON).toEqual(['about b']);
    await page.goBack();
    await expect.poll(() => found(page), SOON).toEqual(['about a']);
    expect(await page.locator('#search').inputValue()).toBe('a');
    await page.goBack();
    await page.locator('#live').waitFor();
    expect(await page.locator('#search').inputValue()).toBe('');
    await page.goForward();
    await expect.poll(() => found(page), SOON).toEqual(['about a']);
  });

  it('that is overtaken by more typing never shows the earlier answer', async () => {
    const page = await open();
    let answerSlowly: () => void = () => {};
    const late = new Promise<void>((resolve) => {
      answerSlowly = resolve;
    });
    await page.route('**/api/news?q=slow', async (route) => {
      await late;
      await route.fulfill({ json: { items: [stored('the slow one')], next: null } }).catch(() => {});
    });
    await page.locator('#search').fill('slow');
    await page.keyboard.press('Enter');
    await page.locator('#search').fill('quick');
    await page.keyboard.press('Enter');
    await expect.poll(() => found(page), SOON).toEqual(['about quick']);
    answerSlowly();
    await page.evaluate('new Promise((resolve) => requestIdleCallback(resolve))');
    expect(await found(page)).toEqual(['about quick']);
  });
});

describe('an address', () => {
  it('opens the search that it names, with its source', async () => {
    const page = await open('/?q=ferry&source=agency');
    await expect.poll(() => found(page), SOON).toEqual(['about ferry']);
    expect(asked).toEqual(['?q=ferry&source=agency']);
    expect(await page.locator('#search').inputValue()).toBe('ferry');
    expect(await page.locator('#source').inputValue()).toBe('agency');
    expect(await page.locator('#results-count').textContent()).toBe('1 stored news for “ferry” from agency');
  });

  it('of the feeds follows the search, in the page and in its head', async () => {
    const page = await open();
    const addresses = () =>
      page.evaluate<
        string[]
      >(`['feed-atom', 'feed-rss', 'feed-json', 'alternate-atom', 'alternate-rss', 'alternate-json']
        .map((id) => document.getElementById(id).getAttribute('href'))`);
    const all = ['feed.atom', 'feed.rss', 'feed.json'];
    expect(await addresses()).toEqual([...all, ...all]);
    await page.locator('#search').fill('é & ü');
    await page.keyboard.press('Enter');
    await expect.poll(() => found(page), SOON).toHaveLength(1);
    const some = all.map((name) => `${name}?q=%C3%A9+%26+%C3%BC`);
    expect(await addresses()).toEqual([...some, ...some]);
    expect(await page.locator('head link[rel=alternate][type="application/atom+xml"]').count()).toBe(1);
  });
});

describe('answers', () => {
  it('are filtered by source, and continued from the cursor', async () => {
    harness.board.recordFeeds([sampleFeed('a', { source: 'agency' }), sampleFeed('b', { source: 'papers' })]);
    answer = (parameters) =>
      parameters.has('cursor')
        ? { items: [stored('third')], next: null }
        : { items: [stored('first'), stored('second', { sources: ['agency', 'papers'] })], next: 'abc' };
    const page = await open();
    await page.locator('#source option[value=agency]').waitFor({ state: 'attached' });
    expect(await page.locator('#source option').allTextContents()).toEqual(['All sources', 'agency', 'papers']);
    await page.locator('#source').selectOption('agency');
    await expect.poll(() => found(page), SOON).toEqual(['first', 'second']);
    await expect.poll(() => search(page), SOON).toBe('?source=agency');
    expect(await page.locator('#results-list li').nth(1).locator('.chip').allTextContents()).toEqual([
      'agency',
      'papers',
    ]);
    // Each has the colour that it has among the sources.
    const hues = await page.locator('#results-list .chip, #sources-list .chip').evaluateAll((chips) => {
      const each = chips as unknown as { textContent: string; dataset: Record<string, string> }[];
      return [...new Set(each.map(({ textContent, dataset }) => `${textContent} ${dataset.hue}`))].sort();
    });
    expect(hues).toEqual(['agency 0', 'harbour 0', 'papers 1']);
    await page.locator('#results-more').click();
    await expect.poll(() => found(page), SOON).toEqual(['first', 'second', 'third']);
    expect(asked).toEqual(['?source=agency', '?source=agency&cursor=abc']);
    expect(await page.locator('#results-more').isVisible()).toBe(false);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('third');
    expect(await page.locator('#announcement').textContent()).toBe('3 stored news from agency');
  });

  it('are not disturbed by live news, which are counted', async () => {
    harness.record(1);
    const page = await open('/?q=');
    await expect.poll(() => found(page), SOON).toHaveLength(1);
    harness.record(2, 3);
    await expect.poll(() => page.locator('#meanwhile-text').textContent(), SOON).toBe('2 new items since');
    expect(await found(page)).toHaveLength(1);
    expect(await titles(page)).toHaveLength(3);
    await page.locator('#search-again').click();
    await expect.poll(() => page.locator('#meanwhile').isVisible(), SOON).toBe(false);
    expect(asked).toHaveLength(2);
    await page.locator('#back-to-live').click();
    expect(await page.locator('#news-list li').first().textContent()).toContain('News number 3');
  });

  it('are text, whatever they hold', async () => {
    const attack = '<img src=x onerror=alert(1)>';
    answer = () => ({
      items: [stored(attack, { link: 'javascript:alert(2)', sources: [attack], description: attack })],
      next: null,
    });
    const page = await open(`/?q=${encodeURIComponent(attack)}`);
    await expect.poll(() => found(page), SOON).toEqual([attack]);
    expect(await page.locator('main img, #results-list a').count()).toBe(0);
    expect(await page.locator('#results-count').textContent()).toContain(attack);
  });

  it('that find nothing say so', async () => {
    answer = () => ({ items: [], next: null });
    const page = await open('/?q=zzz');
    await expect.poll(() => page.locator('#announcement').textContent(), SOON).toBe('No stored news for “zzz”');
    expect(await page.locator('#results-count').isVisible()).toBe(true);
  });
});

describe('a reader that does not answer', () => {
  it.each([
    [503, { error: 'the database is away' }, 'Stored news can’t be read right now: the database is away', true],
    [404, undefined, 'Stored news can’t be searched here: no news-reader runs in this pipeline.', false],
    [
      400,
      { error: 'limit is 0, from 1 to 100 is allowed' },
      'This can’t be searched for: limit is 0, from 1 to 100 is allowed',
      false,
    ],
  ])('by %i says why, and the live news remain', async (status, json, message, again) => {
    harness.record(1);
    answer = () => ({ status, json });
    const page = await open('/?q=a');
    await expect.poll(() => page.locator('#problem-text').textContent(), SOON).toBe(message);
    expect(await page.locator('#announcement').textContent()).toContain(message);
    expect(await page.locator('#news-list').isVisible()).toBe(true);
    expect(await page.locator('#problem-again').isVisible()).toBe(again);
    harness.expectProblems(String(status));
    if (!again) return;
    answer = () => ({ items: [stored('there again')], next: null });
    await page.locator('#problem-again').click();
    await expect.poll(() => found(page), SOON).toEqual(['there again']);
    expect(await page.locator('#search-problem').isVisible()).toBe(false);
  });

  it('is offered nowhere when the monitor knows of none', async () => {
    await harness.restart({ newsApi: false });
    const page = await open();
    expect(await page.locator('#search, #source, #feeds, #browse').locator('visible=true').count()).toBe(0);
  });
});
