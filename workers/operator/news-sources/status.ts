// What is said of a NewsSource in its status. Pure.
import type { FeedState } from '../../contract/feed-state.ts';
import {
  type FeedError,
  MAX_LISTED_ERRORS,
  NEWS_SOURCE_CONDITIONS,
  type NewsSourceCondition,
  type NewsSourceConditionType,
  type NewsSourceStatus,
} from '../../contract/news-source.ts';

/** A condition without what depends on those before. */
export type Finding = Pick<NewsSourceCondition, 'status' | 'reason' | 'message'>;

/** What a status is made from. */
export interface Observation {
  readonly generation: number;
  readonly findings: Readonly<Record<NewsSourceConditionType, Finding>>;
  /** Feeds that are polled, or 1 for what is followed on X. */
  readonly total: number;
  /** Undefined while they can't be read: what was said of them before stays. */
  readonly states: readonly FeedState[] | undefined;
}

/** What is known of the acceptance of a source. */
export interface Acceptance {
  /** Why none of it is in effect. */
  readonly refusal?: { readonly reason: string; readonly message: string };
  /** What is wrong with single feeds or rules. */
  readonly problems: readonly string[];
}

/** Most problems that a message lists. */
const MAX_PROBLEMS = 10;
const MAX_REASON_LENGTH = 200;

/** Whether all that was asked for is in effect. */
export function acceptanceFinding({ refusal, problems }: Acceptance): Finding {
  if (refusal) return { status: 'False', ...refusal };
  if (problems.length === 0) return { status: 'True', reason: 'Valid', message: 'all of the source is in effect' };
  return {
    status: 'False',
    reason: 'PartlyValid',
    message: `the rest is in effect, but not: ${listProblems(problems)}`,
  };
}

export function listProblems(problems: readonly string[]): string {
  const more = problems.length - MAX_PROBLEMS;
  return problems.slice(0, MAX_PROBLEMS).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

/** Computes a status. @param now RFC 3339 */
export function statusOf(
  { generation, findings, total, states }: Observation,
  before: NewsSourceStatus | undefined,
  now: string,
): NewsSourceStatus {
  const conditions = NEWS_SOURCE_CONDITIONS.map((type) => {
    const finding = findings[type];
    const earlier = before?.conditions?.find((condition) => condition.type === type);
    const lastTransitionTime = earlier?.status === finding.status ? earlier.lastTransitionTime : now;
    return { type, ...finding, lastTransitionTime, observedGeneration: generation };
  });
  return { observedGeneration: generation, conditions, ...feedsOf(total, states, before) };
}

function feedsOf(
  total: number,
  states: readonly FeedState[] | undefined,
  before: NewsSourceStatus | undefined,
): Omit<NewsSourceStatus, 'conditions' | 'observedGeneration'> {
  if (!states) {
    const { ok = 0, failing = 0, gone = 0 } = before?.feeds ?? {};
    const { errors = [], lastPoll } = before ?? {};
    return { feeds: { total, ok, failing, gone }, errors, ...(lastPoll !== undefined && { lastPoll }) };
  }
  const count = (status: FeedState['status']): number => states.filter((state) => state.status === status).length;
  const polled = states.filter(({ lastSuccessAt }) => lastSuccessAt !== null);
  const lastPoll = states.map(({ lastPollAt }) => lastPollAt).reduce(later, null);
  return {
    feeds: {
      total,
      ok: polled.filter(({ status }) => status === 'active').length,
      failing: count('failing'),
      gone: count('gone'),
    },
    errors: errorsOf(states),
    ...(lastPoll !== null && { lastPoll }),
  };
}

const later = (a: string | null, b: string | null): string | null => (b === null || (a !== null && a >= b) ? a : b);

function errorsOf(states: readonly FeedState[]): FeedError[] {
  return states
    .flatMap(({ feed, lastError, lastPollAt, status }) =>
      lastError !== null && lastPollAt !== null && status !== 'active'
        ? [{ feed, reason: clip(lastError), at: lastPollAt }]
        : [],
    )
    .sort((a, b) => (a.at === b.at ? (a.feed < b.feed ? -1 : 1) : a.at > b.at ? -1 : 1))
    .slice(0, MAX_LISTED_ERRORS);
}

const clip = (text: string): string =>
  text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH - 1)}…` : text;
