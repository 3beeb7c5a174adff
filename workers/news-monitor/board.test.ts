import { describe, expect, it } from 'vitest';
import { Board, NEWS_KEPT } from './board.ts';
import { later, START, sampleDeadLetter, sampleFeed, sampleNews, sampleReading } from './board-samples.ts';
import { layOutFlow } from './flow.ts';
import { FEEDS_LISTED_IN_ALL } from './sources.ts';

const makeBoard = () => new Board({ startedAt: START });

describe('news', () => {
  it('keeps the latest, newest first, and counts all', () => {
    const board = makeBoard();
    for (let index = 1; index <= NEWS_KEPT + 50; index += 1) board.recordNews(sampleNews(index), START, index);
    const { news, seq, totals } = board.snapshot(START);
    expect(news).toHaveLength(NEWS_KEPT);
    expect(news[0]).toMatchObject({ seq: NEWS_KEPT + 50, title: `News number ${NEWS_KEPT + 50}` });
    expect(news.at(-1)?.seq).toBe(51);
    expect(seq).toBe(NEWS_KEPT + 50);
    expect(totals).toMatchObject({ processed: 250, bySource: { harbour: 250 }, perSecond: 25, medianLatencyMs: 151 });
  });

  it.each([
    ['https://news.example/a?b=c', 'https://news.example/a?b=c'],
    ['http://news.example/', 'http://news.example/'],
    ['javascript:alert(1)', ''],
    ['data:text/html,<script>', ''],
    ['not an address', ''],
    ['', ''],
  ])('link %j becomes %j', (link, expected) => {
    const board = makeBoard();
    board.recordNews(sampleNews(1, { link }), START, null);
    expect(board.snapshot().news[0]?.link).toBe(expected);
  });

  it('shortens long texts', () => {
    const board = makeBoard();
    board.recordNews(sampleNews(1, { title: 't'.repeat(1_000), description: 'd'.repeat(20_000) }), START, null);
    const [entry] = board.snapshot().news;
    expect([entry?.title.length, entry?.description.length]).toEqual([300, 400]);
  });

  it.each([
    [0, 50, [3, 2, 1], 0],
    [1, 50, [3, 2], 0],
    [0, 2, [3, 2], 1],
    [3, 50, [], 0],
    [9, 50, [], 0],
  ])('after %i, at most %i: %j and %i left out', (seq, limit, expected, skipped) => {
    const board = makeBoard();
    for (const index of [1, 2, 3]) board.recordNews(sampleNews(index), START, null);
    const event = board.newsAfter(seq, limit);
    expect(event.items.map((item) => item.seq)).toEqual(expected);
    expect(event.skipped).toBe(skipped);
  });

  it('knows no latency when no item had one', () => {
    const board = makeBoard();
    board.recordNews(sampleNews(1), START, null);
    expect(board.totals(START).medianLatencyMs).toBeNull();
  });
});

describe('consumers', () => {
  it('derives lag and rate', () => {
    const board = makeBoard();
    board.recordConsumers([sampleReading({ pending: 900, ackPending: 100, delivered: 100 })], START);
    expect(board.consumers().consumers[0]).toMatchObject({ lag: 1_000, perSecond: null });
    board.recordConsumers(
      [sampleReading({ pending: 500, ackPending: 50, delivered: 450, ackFloor: 400 })],
      later(2_000),
    );
    expect(board.consumers().consumers[0]).toMatchObject({ lag: 550, perSecond: 200 });
    expect(board.consumers().readAt).toBe(later(2_000).toISOString());
  });

  it('shows what could not be read as unknown with the reason, and no rate across the gap', () => {
    const board = makeBoard();
    board.recordConsumers([sampleReading({ delivered: 100, ackFloor: 100 })], START);
    board.recordConsumers([{ stream: 'NEWS', consumer: 'news-creator', unknown: 'no leader' }], later(1_000));
    expect(board.consumers().consumers).toEqual([{ stream: 'NEWS', consumer: 'news-creator', unknown: 'no leader' }]);
    board.recordConsumers([sampleReading({ delivered: 900, ackFloor: 900 })], later(2_000));
    expect(board.consumers().consumers[0]).toMatchObject({ lag: 0, perSecond: null });
  });

  it('drops those that are read no more', () => {
    const board = makeBoard();
    board.recordConsumers([sampleReading(), sampleReading({ consumer: 'news-monitor' })], START);
    board.recordConsumers([sampleReading({ consumer: 'news-monitor' })], later(1_000));
    expect(board.consumers().consumers.map(({ consumer }) => consumer)).toEqual(['news-monitor']);
  });
});

describe('sources', () => {
  it('takes feeds in one by one and forgets deleted ones', () => {
    const board = new Board({ sources: [{ source: 'valley', feeds: 4 }] });
    board.recordFeeds([sampleFeed('a'), sampleFeed('b', { status: 'failing', lastError: 'refused' })]);
    board.recordFeeds([sampleFeed('b')]);
    expect(board.sources().sources).toMatchObject([
      { source: 'harbour', total: 2, active: 2, failing: 0, lastError: null },
      { source: 'valley', total: 4, active: 0 },
    ]);
    board.removeFeed('harbour', 'a');
    expect(board.sources().sources[0]).toMatchObject({ total: 1 });
  });

  it('forgets a source with its last feed, unless it was told beforehand', () => {
    const board = new Board({ sources: [{ source: 'valley', feeds: 1 }] });
    board.recordFeeds([
      sampleFeed('a'),
      sampleFeed('b', { source: 'valley' }),
      sampleFeed('stream', { source: 'square' }),
    ]);
    expect(board.foundSources()).toEqual([
      { source: 'harbour', follows: false },
      { source: 'square', follows: true },
    ]);
    for (const [source, feed] of [['harbour', 'a'] as const, ['valley', 'b'] as const]) board.removeFeed(source, feed);
    expect(board.sources().sources.map(({ source }) => source)).toEqual(['square', 'valley']);
    expect(board.foundSources()).toHaveLength(1);
  });

  it('bounds what is listed over all sources', () => {
    const board = makeBoard();
    for (let source = 0; source < 100; source += 1) {
      board.recordFeeds(Array.from({ length: 60 }, (_, feed) => sampleFeed(`f${feed}`, { source: `s${source}` })));
    }
    const listed = board.sources().sources.reduce((sum, { feeds }) => sum + feeds.length, 0);
    expect(listed).toBe(FEEDS_LISTED_IN_ALL);
  });
});

describe('feeds that are measured', () => {
  it('are bounded over all sources, those that fail first', () => {
    const board = makeBoard();
    for (const source of ['harbour', 'valley']) {
      const failing = sampleFeed('z', { source, status: 'failing', failures: source === 'valley' ? 9 : 2 });
      board.recordFeeds([...Array.from({ length: 10 }, (_, feed) => sampleFeed(`f${feed}`, { source })), failing]);
    }
    const states = board.feedStates(5);
    expect(states.map(({ source, failures }) => [source, failures]).slice(0, 2)).toEqual([
      ['valley', 9],
      ['harbour', 2],
    ]);
    expect(states).toHaveLength(5);
    expect(board.feedStates(1_000)).toHaveLength(22);
  });
});

describe('replicas', () => {
  it('are unknown until they are read', () => {
    const board = makeBoard();
    expect(board.consumers().replicas).toEqual({ unknown: 'not read yet' });
    board.recordReplicas({ 'news-creator': 2 });
    expect(board.consumers().replicas).toEqual({ 'news-creator': 2 });
  });
});

describe('dead letters', () => {
  it('are unknown until they are read', () => {
    expect(makeBoard().dlq()).toEqual({ total: { unknown: 'not read yet' }, latest: [] });
  });

  it('keeps the latest twenty, reasons shortened', () => {
    const board = makeBoard();
    board.recordDlq(
      1_000,
      Array.from({ length: 30 }, (_, index) => sampleDeadLetter(`${index}${'!'.repeat(900)}`)),
    );
    expect(board.dlq().total).toBe(1_000);
    expect(board.dlq().latest).toHaveLength(20);
    expect(board.dlq().latest[0]?.reason).toHaveLength(300);
  });
});

describe('changes', () => {
  it('are told by kind until unsubscribed', () => {
    const board = makeBoard();
    const kinds: string[] = [];
    const unsubscribe = board.subscribe((kind) => kinds.push(kind));
    board.recordNews(sampleNews(1), START, null);
    board.recordConsumers([], START);
    board.recordFeeds([]);
    board.recordFeeds([sampleFeed('a')]);
    board.removeFeed('harbour', 'not there');
    board.recordDlq(0, []);
    board.recordDatabase('MongoDB');
    board.recordReplicas({});
    board.recordPoint(START);
    const flow = layOutFlow(['harbour'], []);
    board.recordFlow(flow);
    board.recordFlow(structuredClone(flow));
    unsubscribe();
    board.recordNews(sampleNews(2), START, null);
    expect(kinds).toEqual(['news', 'consumers', 'sources', 'dlq', 'consumers', 'consumers', 'point', 'flow']);
    expect(board.snapshot().flow).toEqual(flow);
    expect(board.snapshot().database).toBe('MongoDB');
  });
});
