// Made-up inputs of the board, for tests.
import type { FeedState } from '../contract/feed-state.ts';
import type { ProcessedNews } from '../contract/messages.ts';
import type { ConsumerReading } from './consumer-rows.ts';
import type { DeadLetter } from './snapshot.ts';

/** The moment at which the samples happen. */
export const START = new Date('2026-03-02T08:00:00.000Z');

/** `START` and some milliseconds. */
export const later = (milliseconds: number): Date => new Date(START.getTime() + milliseconds);

/** A news item, number `index`, with what a test wants otherwise. */
export function sampleNews(index: number, changes: Partial<ProcessedNews> = {}): ProcessedNews {
  return {
    id: index.toString(16).padStart(32, '0'),
    title: `News number ${index}`,
    description: `What there is to say about number ${index}.`,
    date: START.toISOString(),
    link: `https://news.example/${index}`,
    source: 'harbour',
    ...changes,
  };
}

/** A consumer's counters; all in order unless a test says otherwise. */
export function sampleReading(changes: Partial<Extract<ConsumerReading, { pending: number }>> = {}): ConsumerReading {
  return {
    stream: 'NEWS',
    consumer: 'news-creator',
    pending: 0,
    ackPending: 0,
    redelivered: 0,
    delivered: 0,
    ackFloor: 0,
    lagSeconds: 0,
    ...changes,
  };
}

/** State of a feed that was just polled well. */
export function sampleFeed(feed: string, changes: Partial<FeedState> = {}): FeedState {
  return {
    source: 'harbour',
    feed,
    url: `https://${feed}.example/rss`,
    status: 'active',
    etag: null,
    lastModified: null,
    bodyHash: null,
    failures: 0,
    lastPollAt: START.toISOString(),
    lastSuccessAt: START.toISOString(),
    nextPollAt: later(60_000).toISOString(),
    lastError: null,
    redirect: null,
    ...changes,
  };
}

/** A dead letter with a reason. */
export function sampleDeadLetter(reason: string, changes: Partial<DeadLetter> = {}): DeadLetter {
  return {
    sequenceInDlq: 7,
    stream: 'SOURCES',
    consumer: 'harbour-consumer',
    sequence: 41,
    deliveries: 1,
    reason,
    at: START.toISOString(),
    traceId: null,
    ...changes,
  };
}
