import { describe, expect, it } from 'vitest';
import { sampleFeed } from '../news-monitor/board-samples.ts';
import { readStoredFeed } from './stored-feed.ts';

const message = (body: unknown, key = 'harbour.world') => ({
  subject: `$KV.feeds.${key}`,
  data: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
});
const place = { key: 'harbour.world', source: 'harbour', feed: 'world' };

it('reads a state', () => {
  const state = sampleFeed('world');
  expect(readStoredFeed(message(state))).toEqual({ ...place, kind: 'state', state });
});

it('takes a message without a body for a deletion', () => {
  expect(readStoredFeed(message(''))).toEqual({ ...place, kind: 'deleted' });
});

describe('what is no state', () => {
  it.each([
    ['the whole', null],
    ['the whole', 5],
    ['source', { ...sampleFeed('world'), source: 'another' }],
    ['feed', { ...sampleFeed('world'), feed: 'another' }],
    ['status', { ...sampleFeed('world'), status: 'fine' }],
    ['failures', { ...sampleFeed('world'), failures: 'many' }],
    ['lastPollAt', { ...sampleFeed('world'), lastPollAt: 5 }],
    ['nextPollAt', { ...sampleFeed('world'), nextPollAt: undefined }],
    ['lastError', { ...sampleFeed('world'), lastError: {} }],
  ])('is named: %s', (field, body) => {
    const reason = `${field} is not what a feed's state has there`;
    expect(readStoredFeed(message(body))).toEqual({ ...place, kind: 'unreadable', reason });
  });

  it('may not even be JSON', () => {
    expect(readStoredFeed(message('{'))).toMatchObject({ kind: 'unreadable', reason: expect.stringContaining('JSON') });
  });
});
