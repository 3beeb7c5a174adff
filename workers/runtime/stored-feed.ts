// A message of the bucket `feeds`, read with care: any exporter may write anything under its own keys.
import type { FeedState } from '../contract/feed-state.ts';
import { bucketSubject, FEEDS_BUCKET } from '../contract/subjects.ts';
import { reasonOf } from './errors.ts';

/** What a key of the bucket holds. The subject says whose it is, for that is what permissions are about. */
export type StoredFeed = { readonly key: string; readonly source: string; readonly feed: string } & (
  | { readonly kind: 'state'; readonly state: FeedState }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'unreadable'; readonly reason: string }
);

const PREFIX = bucketSubject(FEEDS_BUCKET, '');
const decoder = new TextDecoder();

/** Reads a message of the bucket; a deletion is a message without a body. */
export function readStoredFeed(message: { readonly subject: string; readonly data: Uint8Array }): StoredFeed {
  const key = message.subject.slice(PREFIX.length);
  const [source = '', feed = ''] = key.split('.');
  const place = { key, source, feed };
  if (message.data.length === 0) return { ...place, kind: 'deleted' };
  try {
    const state: unknown = JSON.parse(decoder.decode(message.data));
    const wrong = firstWrongField(state, place);
    return wrong === undefined
      ? { ...place, kind: 'state', state: state as FeedState }
      : { ...place, kind: 'unreadable', reason: `${wrong} is not what a feed's state has there` };
  } catch (error) {
    return { ...place, kind: 'unreadable', reason: reasonOf(error) };
  }
}

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

/** Checks the fields that the page is made of. */
function firstWrongField(value: unknown, { source, feed }: { source: string; feed: string }): string | undefined {
  if (typeof value !== 'object' || value === null) return 'the whole';
  const state = value as Partial<Record<keyof FeedState, unknown>>;
  const checks: readonly (readonly [keyof FeedState, boolean])[] = [
    ['source', state.source === source],
    ['feed', state.feed === feed],
    ['status', ['active', 'failing', 'gone'].includes(state.status as string)],
    ['failures', Number.isInteger(state.failures)],
    ['lastPollAt', isTextOrNull(state.lastPollAt)],
    ['nextPollAt', isTextOrNull(state.nextPollAt)],
    ['lastError', isTextOrNull(state.lastError)],
  ];
  return checks.find(([, right]) => !right)?.[0];
}
