import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Board } from './board.ts';
import { START, sampleDeadLetter, sampleFeed, sampleNews, sampleReading } from './board-samples.ts';
import { EventReader, type ReceivedEvent } from './event-reader.ts';
import { layOutFlow } from './flow.ts';
import { startPageServer } from './page-server.ts';
import type { RunningServer, ServerOptions } from './server.ts';
import type { NewsEvent } from './snapshot.ts';

/** Much more than any of it takes, where the processor is not ours alone. */
const LONG = { timeout: 30_000, interval: 20 };
let board: Board;
let server: RunningServer;
const readers: EventReader[] = [];

async function start(options: Partial<ServerOptions> = {}): Promise<void> {
  server = await startPageServer({ board, ...options });
}

async function open(lastEventId?: string): Promise<EventReader> {
  const reader = await EventReader.open(server.url, lastEventId);
  readers.push(reader);
  await expect.poll(() => reader.events.length, LONG).toBeGreaterThan(0);
  return reader;
}

const seqs = (events: readonly ReceivedEvent[]): number[] =>
  events.flatMap(({ data }) => (data as NewsEvent).items.map(({ seq }) => seq));

function record(from: number, to: number): void {
  for (let index = from; index <= to; index += 1) board.recordNews(sampleNews(index), new Date(), null);
}

beforeEach(() => {
  board = new Board({ startedAt: START });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await server.close();
});

describe('a browser that connects', () => {
  it('gets the snapshot first, then each change in order', async () => {
    record(1, 3);
    await start();
    const reader = await open();
    expect(reader.response.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(reader.retryMs).toBe(2_000);
    expect(reader.events[0]).toMatchObject({ event: 'snapshot', id: `${board.epoch}.3`, data: { seq: 3 } });
    record(4, 4);
    await expect.poll(() => seqs(reader.of('news')), LONG).toEqual([4]);
    record(5, 6);
    await expect.poll(() => seqs(reader.of('news')), LONG).toEqual([4, 6, 5]);
    expect(reader.of('news').at(-1)?.id).toBe(`${board.epoch}.6`);
    expect(reader.of('snapshot')).toHaveLength(1);
  });

  it('is told every kind of change', async () => {
    await start();
    const reader = await open();
    board.recordConsumers([sampleReading({ pending: 5 })], START);
    board.recordFeeds([sampleFeed('a')]);
    board.recordDlq(1, [sampleDeadLetter('HTML instead of a feed')]);
    board.recordPoint(START);
    board.recordFlow(layOutFlow(['harbour'], []));
    await expect.poll(() => reader.events.length, LONG).toBe(6);
    expect(reader.of('flow')[0]?.data).toEqual(board.flow());
    expect(reader.of('point')[0]?.data).toMatchObject({ at: START.toISOString(), values: { deadLetters: 1, lag: 5 } });
    expect(reader.of('consumers')[0]?.data).toMatchObject({ consumers: [{ lag: 5 }] });
    expect(reader.of('sources')[0]?.data).toMatchObject({ sources: [{ source: 'harbour', active: 1 }] });
    expect(reader.of('dlq')[0]?.data).toMatchObject({ total: 1, latest: [{ reason: 'HTML instead of a feed' }] });
  });

  it('catches up on what it missed when it comes back', async () => {
    record(1, 10);
    await start();
    const reader = await open(`${board.epoch}.7`);
    await expect
      .poll(() => reader.events.map(({ event }) => event), LONG)
      .toEqual(['news', 'consumers', 'sources', 'flow', 'dlq']);
    expect(seqs(reader.events.slice(0, 1))).toEqual([10, 9, 8]);
    expect(reader.events[0]?.id).toBe(`${board.epoch}.10`);
  });

  it.each(['other.7', 'garbage', '', `${START.getTime().toString(36)}.99`, `${START.getTime().toString(36)}.-1`])(
    'starts anew with the last event id %j',
    async (id) => {
      record(1, 10);
      await start();
      const reader = await open(id);
      expect(reader.events[0]).toMatchObject({ event: 'snapshot', data: { seq: 10 } });
    },
  );

  it('is refused when there are too many', async () => {
    await start({ maxClients: 2 });
    await open();
    const second = await open();
    const refused = await fetch(`${server.url}/api/events`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    second.close();
    await expect.poll(() => server.clients(), LONG).toBe(1);
    await open();
  });
});

describe('a burst', () => {
  it('becomes few events of the newest fifty, with the others counted', async () => {
    await start();
    const reader = await open();
    const startedAt = performance.now();
    let last = 0;
    // A burst in many turns of the event loop, long enough for several events, however few turns there are in a second.
    while (performance.now() - startedAt < 1_100 || reader.of('news').length < 2) {
      record(last + 1, last + 200);
      last += 200;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const total = () =>
      reader.of('news').reduce((sum, { data }) => {
        const { items, skipped } = data as NewsEvent;
        return sum + items.length + skipped;
      }, 0);
    await expect.poll(total, LONG).toBe(last);
    const elapsedMs = performance.now() - startedAt;
    const news = reader.of('news');
    expect(news.length).toBeLessThanOrEqual(Math.ceil(elapsedMs / 250) + 1);
    expect(news.length).toBeGreaterThan(1);
    for (const { data } of news) expect((data as NewsEvent).items.length).toBeLessThanOrEqual(50);
    expect(news.at(-1)?.data).toMatchObject({ totals: { processed: last } });
  });
});

describe('a browser that does not read', () => {
  it('is dropped, and the others are not', async () => {
    await start({ maxBufferedBytes: 65_536 });
    const slow = await open();
    const good = await open();
    slow.response.pause();
    // Each event is about a megabyte; the sockets' own buffers take some before the server's fill.
    const unknown = 'no answer '.repeat(20);
    const readings = Array.from({ length: 4_000 }, (_, index) => ({ stream: 'NEWS', consumer: `c${index}`, unknown }));
    let told = 0;
    const goodHasAll = () => good.of('consumers').length === told;
    await expect
      .poll(() => {
        // To read an event may take longer than the hub lets pass before the next.
        if (goodHasAll()) {
          board.recordConsumers(readings, START);
          told += 1;
        }
        return server.clients();
      }, LONG)
      .toBe(1);
    await expect.poll(goodHasAll, LONG).toBe(true);
    record(1, 1);
    await expect.poll(() => seqs(good.of('news')), LONG).toEqual([1]);
  });
});

describe('silence', () => {
  it('is broken by comments', async () => {
    await start({ heartbeatMs: 20 });
    const reader = await open();
    await expect.poll(() => reader.comments, LONG).toBeGreaterThan(2);
    expect(reader.events).toHaveLength(1);
  });
});
