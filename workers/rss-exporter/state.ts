// What is known about a feed after a poll, from what was known before and what the poll came to. Pure.
import { createHash } from 'node:crypto';
import { blankFeedState, type FeedState } from '../contract/feed-state.ts';
import type { FeedPoll } from '../contract/messages.ts';
import type { DocumentOutcome, FetchOutcome, FetchRequest, UnchangedOutcome } from './fetch-outcome.ts';
import { backoffMs, documentIntervalMs, nextDueMs, retryDelayMs } from './schedule.ts';

/** How many polls in a row must agree on a permanent redirect before it is followed without asking. */
export const REDIRECT_AGREEMENTS = 3;

/**
 * A feed's state with what only the exporter needs: the interval that its last document asked for, which a 304 does not
 * repeat.
 */
export type ExporterFeedState = FeedState & { readonly ttlMs?: number | null };

/** What a poll leads to. */
export interface PollResult {
  /** To be stored, after what is to be published has been confirmed. */
  readonly state: ExporterFeedState;
  /** Null when the feed is polled no more. */
  readonly nextPollAt: Date | null;
  /** The document, when it is another than the last one published. */
  readonly publish: { readonly data: string; readonly contentType: string | null; readonly url: string } | null;
}

/** Forgets a state that is of another address than the definition's. */
function currentState(state: ExporterFeedState | null, poll: FeedPoll): ExporterFeedState | null {
  return state?.url === poll.url ? state : null;
}

function rememberedAddress(state: ExporterFeedState | null): string | null {
  const redirect = state?.redirect;
  return redirect && redirect.agreements >= REDIRECT_AGREEMENTS ? redirect.url : null;
}

/** Decides what to ask for in a poll; null when the feed is gone and is not to be asked. */
export function planFetch(state: ExporterFeedState | null, poll: FeedPoll): FetchRequest | null {
  const known = currentState(state, poll);
  if (known?.status === 'gone') return null;
  return {
    url: rememberedAddress(known) ?? poll.url,
    etag: known?.etag ?? null,
    lastModified: known?.lastModified ?? null,
  };
}

/**
 * Draws the consequences of a poll whose request came from {@link planFetch} with the same state.
 * @param now when the poll ended
 * @param random from 0 to 1, for the jitter
 */
export function recordOutcome(
  state: ExporterFeedState | null,
  poll: FeedPoll,
  outcome: FetchOutcome,
  now: Date,
  random: number,
): PollResult {
  const known = currentState(state, poll);
  const before: ExporterFeedState = {
    ...(known ?? { ...blankFeedState(poll), ttlMs: null }),
    source: poll.source,
    feed: poll.feed,
    lastPollAt: now.toISOString(),
  };
  if (outcome.kind === 'document' || outcome.kind === 'unchanged') {
    return recordSuccess(before, poll, outcome, known, now, random);
  }
  if (outcome.kind === 'gone' && rememberedAddress(known) === null) {
    const lastError = `${outcome.reason}; the feed is polled no more until its address changes`;
    return result({ ...before, status: 'gone', failures: before.failures + 1, lastError }, null);
  }
  return recordFailure(before, poll, outcome, now, random);
}

function recordSuccess(
  before: ExporterFeedState,
  poll: FeedPoll,
  outcome: DocumentOutcome | UnchangedOutcome,
  known: ExporterFeedState | null,
  now: Date,
  random: number,
): PollResult {
  const document = outcome.kind === 'document' ? outcome : null;
  const bodyHash = document ? createHash('sha256').update(document.body).digest('hex') : before.bodyHash;
  const ttlMs = document ? documentIntervalMs(document.body) : (before.ttlMs ?? null);
  const wishes = { everyMs: poll.everyMs, ttlMs, maxAgeMs: outcome.cacheControlMaxAgeMs };
  const state: ExporterFeedState = {
    ...before,
    status: 'active',
    etag: outcome.etag,
    lastModified: outcome.lastModified,
    bodyHash,
    failures: 0,
    lastSuccessAt: now.toISOString(),
    lastError: null,
    redirect: nextRedirect(known, outcome.permanentRedirectTo),
    ttlMs,
  };
  const publish =
    document && bodyHash !== before.bodyHash
      ? { data: document.body, contentType: document.contentType, url: document.finalUrl }
      : null;
  return result(state, new Date(nextDueMs(wishes, dueAtMs(known, now), now.getTime(), random)), publish);
}

function recordFailure(
  before: ExporterFeedState,
  poll: FeedPoll,
  outcome: Exclude<FetchOutcome, DocumentOutcome | UnchangedOutcome>,
  now: Date,
  random: number,
): PollResult {
  const failures = before.failures + 1;
  const wishes = { everyMs: poll.everyMs, ttlMs: before.ttlMs ?? null, maxAgeMs: null };
  const retryAfterMs = outcome.kind === 'retryLater' ? outcome.retryAfterMs : null;
  const delayMs =
    retryAfterMs === null ? backoffMs(wishes, failures, random) : retryDelayMs(wishes, retryAfterMs, random);
  const failing = { ...before, status: 'failing', failures, lastError: outcome.reason } as const;
  const nextPollAt = new Date(now.getTime() + delayMs);
  // A server that says when to come back is where the feed lives; any other failure may be the remembered address's own.
  if (retryAfterMs !== null) return result(failing, nextPollAt);
  if (rememberedAddress(before) === null) return result({ ...failing, redirect: null }, nextPollAt);
  const lastError = `${outcome.reason}; the next poll goes back to the feed's own address`;
  // The validators are those of the remembered address: its last document may not be what the feed's own has.
  return result({ ...failing, lastError, redirect: null, etag: null, lastModified: null }, nextPollAt);
}

function nextRedirect(known: ExporterFeedState | null, movedTo: string | null): FeedState['redirect'] {
  const redirect = known?.redirect ?? null;
  // Asked directly, the remembered address answered without sending elsewhere: it still holds.
  if (movedTo === null) return rememberedAddress(known) === null ? null : redirect;
  return { url: movedTo, agreements: redirect?.url === movedTo ? redirect.agreements + 1 : 1 };
}

/** When the poll that ended at `now` was due: as scheduled, or right away when it was early or the first. */
function dueAtMs(known: ExporterFeedState | null, now: Date): number {
  const scheduledMs = Date.parse(known?.nextPollAt ?? '');
  return Number.isNaN(scheduledMs) ? now.getTime() : Math.min(scheduledMs, now.getTime());
}

function result(state: ExporterFeedState, nextPollAt: Date | null, publish: PollResult['publish'] = null): PollResult {
  return { state: { ...state, nextPollAt: nextPollAt?.toISOString() ?? null }, nextPollAt, publish };
}
