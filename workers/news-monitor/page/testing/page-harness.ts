// One Chromium and one monitor's server for the tests of a file, and pages on it that may not complain.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { launchBrowser } from '../../../../test/support/browser.ts';
import { Board, type BoardOptions } from '../../board.ts';
import { sampleNews } from '../../board-samples.ts';
import { layOutFlow } from '../../flow.ts';
import { startPageServer } from '../../page-server.ts';
import type { RunningServer } from '../../server.ts';
import type { History } from '../../snapshot.ts';

export const SOON = { timeout: 10_000, interval: 25 };
export const DESKTOP = { viewport: { width: 1_280, height: 900 } };
export const PHONE = { viewport: { width: 360, height: 740 } };

/** A history of a few points of every series that the page knows, and of these consumers. */
export const sampleHistory = (consumers: readonly string[] = []): History => ({
  stepSeconds: 15,
  end: '2026-03-02T08:00:00.000Z',
  series: {
    processedPerSecond: [1, 4, 2.5],
    medianLatencyMs: [40, null, 60],
    lag: [0, 1_200, 7],
    deadLetters: [0, 0, 1],
    ...Object.fromEntries(consumers.map((consumer) => [`rate:${consumer}`, [0, 3, 2]])),
  },
});

/** Names of sources `s0`, `s1` and so on, with the consumers of their workers and those after them. */
export function sampleFlow(count: number) {
  const sources = Array.from({ length: count }, (_, index) => `s${index}`);
  const consumers = [
    ...sources.map((source) => ({ stream: 'SOURCES', consumer: `${source}-consumer` })),
    { stream: 'NEWS', consumer: 'news-creator' },
    { stream: 'PROCESSED', consumer: 'news-monitor' },
  ];
  return { sources, consumers, flow: layOutFlow(sources, consumers) };
}

/** What the tests of a file share. `board` and `server` are new for each test. */
export class PageHarness {
  browser!: Browser;
  server!: RunningServer;
  board!: Board;
  /** What the console or the security policy complained of; must be empty after each test. */
  problems: string[] = [];
  readonly #pages: Page[] = [];

  constructor() {
    beforeAll(async () => {
      this.browser = await launchBrowser();
    });
    afterAll(() => this.browser?.close());
    beforeEach(async () => {
      this.problems = [];
      await this.#start(
        { database: 'an in-memory database', newsApi: true, replayCommand: 'make replay SEQUENCE={sequence}' },
        0,
      );
    });
    afterEach(async () => {
      for (const page of this.#pages.splice(0)) await page.close();
      await this.server.close();
      expect(this.problems).toEqual([]);
    });
  }

  /** Starts the server again at its address, with a new board. */
  async restart(options: BoardOptions = {}): Promise<void> {
    await this.server.close();
    await this.#start(options, Number(new URL(this.server.url).port));
  }

  async #start(options: BoardOptions, port: number): Promise<void> {
    this.board = new Board(options);
    this.server = await startPageServer({ board: this.board, port });
  }

  /** Makes a page whose complaints are collected; the history is asked of `history`, nothing of a server that may have none. */
  async newPage(options: BrowserContextOptions = DESKTOP, history = sampleHistory()): Promise<Page> {
    const page = await this.browser.newPage(options);
    this.#pages.push(page);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.problems.push(message.text());
    });
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('dialog', (dialog) => {
      this.problems.push(`dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    await page.route('**/api/history', (route) => route.fulfill({ json: history }));
    return page;
  }

  /** Opens the page and waits until it follows the events. */
  async open(options: BrowserContextOptions = DESKTOP, path = '/', history = sampleHistory()): Promise<Page> {
    const page = await this.newPage(options, history);
    await page.goto(this.server.url + path);
    await this.live(page);
    return page;
  }

  /** Opens the page with its timers held, see {@link holdTimers}. */
  async openHeld(): Promise<Page> {
    const page = await this.newPage();
    await holdTimers(page);
    await page.goto(this.server.url);
    await this.live(page);
    return page;
  }

  async live(page: Page): Promise<void> {
    await page.locator('#state[data-state=live]').waitFor();
    await page.locator('#about:not(:empty)').waitFor();
  }

  /** Records sample news by their numbers. */
  record(...indices: number[]): void {
    for (const index of indices) this.board.recordNews(sampleNews(index), new Date(), 250);
  }

  /** Forgets complaints that a test brought about, which must all contain this. */
  expectProblems(text: string): void {
    expect(this.problems.filter((problem) => !problem.includes(text))).toEqual([]);
    this.problems = [];
  }
}

/**
 * Holds the timers of a page that is opened after this: what it does after a while it does when `page.clock` lets the while pass,
 * however long the test takes.
 */
export async function holdTimers(page: Page): Promise<void> {
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
}

export const titles = (page: Page): Promise<string[]> => page.locator('#news-list h3').allTextContents();
export const series = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
