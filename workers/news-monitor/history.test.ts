import { describe, expect, it } from 'vitest';
import { Board, CONSUMERS_IN_HISTORY } from './board.ts';
import { later, START, sampleNews, sampleReading } from './board-samples.ts';
import { HistoryKeeper, POINTS_KEPT, STEP_SECONDS } from './history.ts';

describe('HistoryKeeper', () => {
  it('keeps an hour, oldest first', () => {
    const history = new HistoryKeeper();
    expect(history.view()).toEqual({ stepSeconds: 15, end: null, series: {} });
    for (let point = 0; point < POINTS_KEPT + 3; point += 1) {
      history.record(later(point * STEP_SECONDS * 1_000), { lag: point });
    }
    const { end, series } = history.view();
    expect(end).toBe(later((POINTS_KEPT + 2) * 15_000).toISOString());
    expect(series.lag).toHaveLength(240);
    expect([series.lag?.[0], series.lag?.at(-1)]).toEqual([3, 242]);
  });

  it('fills a series that began or ended meanwhile with null', () => {
    const history = new HistoryKeeper();
    history.record(START, { 'lag:a': 1 });
    history.record(later(15_000), { 'lag:b': 2 });
    expect(history.view().series).toEqual({ 'lag:a': [1, null], 'lag:b': [null, 2] });
  });
});

describe('the board’s history', () => {
  it('has null for what was not read', () => {
    const board = new Board({ startedAt: START });
    board.recordPoint(later(15_000));
    expect(board.point()).toEqual({
      at: later(15_000).toISOString(),
      values: { processedPerSecond: 0, medianLatencyMs: null, lag: null, deadLetters: null },
    });
  });

  it('has what went through between two points, and what waits', () => {
    const board = new Board({ startedAt: START });
    for (let index = 1; index <= 30; index += 1) board.recordNews(sampleNews(index), later(index), 40);
    board.recordDlq(7, []);
    board.recordConsumers([sampleReading({ delivered: 0 })], later(5_000));
    board.recordConsumers([sampleReading({ delivered: 20, ackFloor: 20, pending: 5 })], later(15_000));
    board.recordPoint(later(15_000));
    board.recordNews(sampleNews(31), later(16_000), 40);
    board.recordConsumers([sampleReading(), { stream: 'NEWS', consumer: 'other', unknown: 'away' }], later(30_000));
    board.recordPoint(later(25_000));
    expect(board.history().series).toEqual({
      processedPerSecond: [2, 0.1],
      medianLatencyMs: [40, 40],
      // A sum without one of its parts is not known.
      lag: [5, null],
      deadLetters: [7, 7],
      'lag:news-creator': [5, 0],
      'rate:news-creator': [2, null],
      'lag:other': [null, null],
      'rate:other': [null, null],
    });
  });

  it('follows the end of the flow where there are many consumers', () => {
    const board = new Board({ startedAt: START });
    const readings = Array.from({ length: CONSUMERS_IN_HISTORY + 20 }, (_, index) =>
      sampleReading({ consumer: `worker-${index}`, pending: 1 }),
    );
    board.recordConsumers(readings, later(1_000));
    board.recordPoint(later(15_000));
    const { values } = board.point() ?? {};
    expect(Object.keys(values ?? {}).filter((name) => name.startsWith('lag:'))).toHaveLength(CONSUMERS_IN_HISTORY);
    expect([values?.['lag:worker-19'], values?.['lag:worker-20'], values?.lag]).toEqual([undefined, 1, 120]);
  });
});
