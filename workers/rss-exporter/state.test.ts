// What is remembered and published after a row of polls.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { FeedPoll } from '../contract/messages.ts';
import type { DocumentOutcome, FetchOutcome, UnchangedOutcome } from './fetch-outcome.ts';
import { type ExporterFeedState, planFetch, recordOutcome } from './state.ts';

const NOW = new Date('2024-05-01T12:00:00.000Z');
const POLL: FeedPoll = { source: 'news', feed: 'a', url: 'http://a.test/feed', everyMs: 60_000 };
const MOVED = 'https://b.test/feed';

const document = (given: Partial<DocumentOutcome> = {}): DocumentOutcome => ({
  kind: 'document',
  status: 200,
  body: '<rss/>',
  contentType: 'text/xml',
  finalUrl: POLL.url,
  etag: '"1"',
  lastModified: 'yesterday',
  permanentRedirectTo: null,
  cacheControlMaxAgeMs: null,
  ...given,
});
const unchanged = (given: Partial<UnchangedOutcome> = {}): UnchangedOutcome => ({
  kind: 'unchanged',
  etag: '"1"',
  lastModified: null,
  permanentRedirectTo: null,
  cacheControlMaxAgeMs: null,
  ...given,
});
const FAILED: FetchOutcome = { kind: 'failed', reason: 'it broke' };
const GONE: FetchOutcome = { kind: 'gone', reason: 'answered 410 Gone' };

/** What is known after some polls, one after the other. */
function stateAfter(outcomes: FetchOutcome[], poll = POLL, before: ExporterFeedState | null = null) {
  let state = before;
  for (const outcome of outcomes) state = recordOutcome(state, poll, outcome, NOW, 0.5).state;
  return state as ExporterFeedState;
}

describe('a document', () => {
  test('the first one is published and remembered', () => {
    const { state, publish, nextPollAt } = recordOutcome(null, POLL, document(), NOW, 0.5);
    expect(publish).toEqual({ data: '<rss/>', contentType: 'text/xml', url: POLL.url });
    expect(nextPollAt).toEqual(new Date('2024-05-01T12:01:00.000Z'));
    expect(state).toEqual({
      source: 'news',
      feed: 'a',
      url: POLL.url,
      status: 'active',
      etag: '"1"',
      lastModified: 'yesterday',
      bodyHash: createHash('sha256').update('<rss/>').digest('hex'),
      failures: 0,
      lastPollAt: '2024-05-01T12:00:00.000Z',
      lastSuccessAt: '2024-05-01T12:00:00.000Z',
      nextPollAt: '2024-05-01T12:01:00.000Z',
      lastError: null,
      redirect: null,
      ttlMs: null,
    });
  });

  test('is published again only when its body differs', () => {
    const state = stateAfter([document()]);
    expect(recordOutcome(state, POLL, document({ etag: '"2"' }), NOW, 0.5)).toMatchObject({
      publish: null,
      state: { etag: '"2"', lastSuccessAt: NOW.toISOString() },
    });
    expect(recordOutcome(state, POLL, document({ body: '<rss> </rss>' }), NOW, 0.5).publish?.data).toBe('<rss> </rss>');
  });

  test('is what the next one is compared with, also after failures and 304s', () => {
    const state = stateAfter([document(), FAILED, unchanged(), FAILED]);
    expect(recordOutcome(state, POLL, document(), NOW, 0.5).publish).toBeNull();
  });

  test('that was published for another address does not count', () => {
    const state = stateAfter([document({ permanentRedirectTo: MOVED }), FAILED]);
    const poll = { ...POLL, url: 'http://other.test/' };
    expect(planFetch(state, poll)).toEqual({ url: poll.url, etag: null, lastModified: null });
    const next = recordOutcome(state, poll, document(), NOW, 0.5);
    expect(next.publish).not.toBeNull();
    expect(next.state).toMatchObject({ url: poll.url, failures: 0, redirect: null });
  });
});

describe('the interval', () => {
  const free = { ...POLL, everyMs: null };
  const minutes = (outcomes: FetchOutcome[]) =>
    (Date.parse(stateAfter(outcomes, free).nextPollAt ?? '') - NOW.getTime()) / 60_000;

  test('is what document and headers ask for', () => {
    expect(minutes([document()])).toBe(15);
    expect(minutes([document({ body: '<ttl>60</ttl>' })])).toBe(60);
    expect(minutes([document({ body: '<ttl>60</ttl>', cacheControlMaxAgeMs: 7_200_000 })])).toBe(120);
  });

  test('a 304 keeps what the last document asked for', () => {
    expect(minutes([document({ body: '<ttl>60</ttl>' }), unchanged()])).toBe(60);
    expect(minutes([document({ body: '<ttl>60</ttl>' }), unchanged({ cacheControlMaxAgeMs: 7_200_000 })])).toBe(120);
    expect(minutes([document({ body: '<ttl>60</ttl>' }), document()])).toBe(15);
  });

  test('with every it counts from when the poll was due', () => {
    const due = new Date(NOW.getTime() - 7_000).toISOString();
    const state = { ...stateAfter([document()]), nextPollAt: due };
    expect(recordOutcome(state, POLL, document(), NOW, 0.5).nextPollAt).toEqual(new Date('2024-05-01T12:00:53.000Z'));
  });

  test('a poll before its time counts from now', () => {
    const state = { ...stateAfter([document()]), nextPollAt: '2024-05-01T23:00:00.000Z' };
    expect(recordOutcome(state, POLL, document(), NOW, 0.5).nextPollAt).toEqual(new Date('2024-05-01T12:01:00.000Z'));
  });
});

describe('a failure', () => {
  test('is counted, named and backed off from', () => {
    const state = stateAfter([document(), FAILED, FAILED]);
    expect(state).toMatchObject({ status: 'failing', failures: 2, lastError: 'it broke', etag: '"1"' });
    expect(state.nextPollAt).toBe('2024-05-01T12:04:00.000Z');
    expect(state.lastSuccessAt).toBe(NOW.toISOString());
  });

  test('is forgotten by the next success', () => {
    expect(stateAfter([FAILED, FAILED, unchanged()])).toMatchObject({ status: 'active', failures: 0, lastError: null });
  });

  test('Retry-After decides when the next poll is', () => {
    const later = (retryAfterMs: number | null): FetchOutcome => ({
      kind: 'retryLater',
      status: 429,
      retryAfterMs,
      reason: 'busy',
    });
    expect(recordOutcome(null, POLL, later(600_000), NOW, 0).nextPollAt).toEqual(new Date('2024-05-01T12:10:00.000Z'));
    expect(recordOutcome(null, POLL, later(null), NOW, 0.5).nextPollAt).toEqual(new Date('2024-05-01T12:02:00.000Z'));
    expect(stateAfter([later(null)])).toMatchObject({ status: 'failing', failures: 1, lastError: 'busy' });
  });
});

describe('410', () => {
  test('stops the feed and says so', () => {
    const { state, nextPollAt, publish } = recordOutcome(stateAfter([document()]), POLL, GONE, NOW, 0.5);
    expect({ nextPollAt, publish }).toEqual({ nextPollAt: null, publish: null });
    expect(state).toMatchObject({ status: 'gone', nextPollAt: null });
    expect(state.lastError).toBe('answered 410 Gone; the feed is polled no more until its address changes');
    expect(planFetch(state, POLL)).toBeNull();
  });

  test('a new address starts it again', () => {
    expect(planFetch(stateAfter([GONE]), { ...POLL, url: MOVED })).toEqual({
      url: MOVED,
      etag: null,
      lastModified: null,
    });
  });
});

describe('a permanent redirect', () => {
  const moved = document({ permanentRedirectTo: MOVED });
  const asked = (outcomes: FetchOutcome[]) => planFetch(stateAfter(outcomes), POLL)?.url;

  test.each<[string, FetchOutcome[], string]>([
    ['two polls agree', [moved, moved], POLL.url],
    ['three polls agree', [moved, moved, moved], MOVED],
    ['three polls agree, some unchanged', [moved, unchanged({ permanentRedirectTo: MOVED }), moved], MOVED],
    ['one poll stayed', [moved, moved, document(), moved], POLL.url],
    ['one poll failed', [moved, moved, FAILED, moved], POLL.url],
    ['one poll led elsewhere', [moved, document({ permanentRedirectTo: 'http://c.test/' }), moved, moved], POLL.url],
    ['the remembered address answers', [moved, moved, moved, document(), unchanged()], MOVED],
    ['the remembered address fails', [moved, moved, moved, document(), FAILED], POLL.url],
    ['the remembered address is gone', [moved, moved, moved, GONE], POLL.url],
    [
      'the remembered address moves on',
      [moved, moved, moved, document({ permanentRedirectTo: 'http://c.test/' })],
      POLL.url,
    ],
  ])('when %s', (_name, outcomes, expected) => {
    expect(asked(outcomes)).toBe(expected);
  });

  test('a remembered address that asks for a pause stays remembered', () => {
    expect(asked([moved, moved, moved, { kind: 'retryLater', status: 429, retryAfterMs: 1_000, reason: 'busy' }])).toBe(
      MOVED,
    );
    expect(asked([moved, moved, moved, { kind: 'retryLater', status: 503, retryAfterMs: null, reason: 'down' }])).toBe(
      POLL.url,
    );
  });

  test('going back to the own address takes no validators along, and says so', () => {
    const state = stateAfter([moved, moved, moved, FAILED]);
    expect(planFetch(state, POLL)).toEqual({ url: POLL.url, etag: null, lastModified: null });
    expect(state.lastError).toBe("it broke; the next poll goes back to the feed's own address");
    expect(recordOutcome(state, POLL, document(), NOW, 0.5).publish).toBeNull();
  });
});
