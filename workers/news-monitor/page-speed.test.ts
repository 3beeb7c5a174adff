// How much the page loads before it shows anything, and that a flood does not freeze it.
import { expect, it } from 'vitest';
import { sampleNews, sampleReading } from './board-samples.ts';
import { DESKTOP, PageHarness, SOON, sampleFlow } from './page/testing/page-harness.ts';

const harness = new PageHarness();
const FIRST_PAINT_BYTES = 100_000;

it('transfers less than 100 kB before the first paint, and less than 150 kB in all', async () => {
  const page = await harness.newPage(DESKTOP);
  const session = await page.context().newCDPSession(page);
  const addresses = new Map<string, string>();
  const loaded: { readonly path: string; readonly bytes: number; readonly atSeconds: number }[] = [];
  session.on('Network.requestWillBeSent', ({ requestId, request }) => addresses.set(requestId, request.url));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength, timestamp }) => {
    const { pathname } = new URL(addresses.get(requestId) ?? 'about:blank');
    loaded.push({ path: pathname, bytes: encodedDataLength, atSeconds: timestamp });
  });
  await session.send('Network.enable');
  await page.goto(harness.server.url);
  await harness.live(page);
  const bytes = (paths: readonly string[]) =>
    loaded.filter(({ path }) => paths.includes(path)).reduce((sum, each) => sum + each.bytes, 0);
  const first = ['/', '/assets/page.css', '/assets/page.js', '/assets/icon.svg'];
  const all = [...first, '/assets/uPlot.esm.js'];
  await expect.poll(() => loaded.map(({ path }) => path), SOON).toEqual(expect.arrayContaining(all));
  // Whatever else had come before the first paint counts, too.
  const scriptAt = loaded.find(({ path }) => path === '/assets/page.js')?.atSeconds ?? 0;
  const others = loaded.filter(({ path, atSeconds }) => !first.includes(path) && atSeconds < scriptAt);
  expect(others.map(({ path }) => path)).toEqual([]);
  expect(bytes(first)).toBeGreaterThan(10_000);
  expect(bytes(first)).toBeLessThan(FIRST_PAINT_BYTES);
  expect(loaded.reduce((sum, each) => sum + each.bytes, 0)).toBeLessThan(1.5 * FIRST_PAINT_BYTES);
});

/** Counts the events that the page has taken in. */
const COUNT_EVENTS = `window.eventsSeen = 0;
  const original = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (name, listener) {
    return original.call(this, name, (event) => { window.eventsSeen += 1; listener(event); });
  };`;

/** Builds lists, lays them out and throws them away: what the page does all the time, and nothing of the page's own. */
const REFERENCE_WORK = `for (let round = 0; round < 20; round += 1) {
    const list = document.createElement('ol');
    for (let index = 0; index < 200; index += 1) {
      const item = document.createElement('li');
      item.textContent = 'Item ' + index + ' of round ' + round;
      list.append(item);
    }
    document.body.append(list);
    list.getBoundingClientRect();
    list.remove();
  }`;
/** What that takes the main thread of a machine with nothing else to do. */
const REFERENCE_MS = 60;

it('is not frozen by 10,000 items a second', async () => {
  const { flow, consumers } = sampleFlow(20);
  await harness.restart({ flow });
  const page = await harness.newPage();
  await page.addInitScript(COUNT_EVENTS);
  const session = await page.context().newCDPSession(page);
  // By the main thread's own clock, so that what else the machine does takes no part in it.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busySeconds = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  await page.goto(harness.server.url);
  await harness.live(page);
  /** How many times slower than that machine this one is at the moment: its neighbours cost a thread time that it counts, too. */
  const slowness = async (): Promise<number> => {
    const before = await busySeconds();
    await page.evaluate(REFERENCE_WORK);
    return (1_000 * ((await busySeconds()) - before)) / REFERENCE_MS;
  };
  // The first time is the compiler's, too.
  await slowness();
  const slownessBefore = await slowness();
  const [busyBefore, seenBefore] = [await busySeconds(), await page.evaluate<number>('window.eventsSeen')];
  let count = 0;
  const startMs = performance.now();
  const feed = setInterval(() => {
    const due = Math.floor((performance.now() - startMs) * 10);
    for (; count < due; count += 1) harness.board.recordNews(sampleNews(count), new Date(), 5);
    harness.board.recordConsumers(
      consumers.map((consumer) => sampleReading({ ...consumer, delivered: count, pending: count % 1_000 })),
      new Date(),
    );
  }, 20);
  try {
    const shown = async () => Number((await page.locator('#figure-processed').textContent())?.replaceAll(',', ''));
    await expect.poll(shown, { ...SOON, timeout: 20_000 }).toBeGreaterThan(30_000);
    // It answers the keyboard meanwhile.
    await page.locator('#pause').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#state-text').textContent(), SOON).toBe('Paused');
  } finally {
    clearInterval(feed);
  }
  const events = (await page.evaluate<number>('window.eventsSeen')) - seenBefore;
  const busyMsPerEvent = (1_000 * ((await busySeconds()) - busyBefore)) / events;
  // At most four events of each kind come in a second; each must leave the thread free for most of the time until the next.
  expect(events).toBeGreaterThan(4);
  expect(busyMsPerEvent).toBeLessThan(60 * Math.max(1, slownessBefore, await slowness()));
  expect(await page.locator('#news-list li').count()).toBeLessThanOrEqual(200);
});
