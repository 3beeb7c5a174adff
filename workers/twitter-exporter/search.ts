// The recent search, as far as it fills gaps: what to ask, and posts as the stream would have brought them.
import { POST_FIELDS } from './fields.ts';
import { earlierId, timeOfId } from './post-id.ts';
import { fieldsOf, objects, textOf } from './problems.ts';
import type { RuleDefinition } from './rules.ts';
import { type Post, readStreamObject } from './stream-object.ts';

export const SEARCH_PATH = '/2/tweets/search/recent';
/** How far back the search goes, with a margin for the time that asking takes. */
const REACH_MS = 7 * 86_400_000 - 120_000;
/** Posts need not arrive in the order of their ids: what is a little older than the last one is asked for again. */
const OVERLAP_MS = 10_000;
/** The search knows a post only some time after it was made: a start later than this may be later than its end. */
const LATEST_START_MS = 60_000;
const PAGE_SIZE = '100';

/** From where on posts may be missing. */
export interface GapStart {
  /** The last post that came; null when there was none. */
  readonly id: string | null;
  /** When the stream was last known to be complete, in Unix milliseconds. */
  readonly timeMs: number;
}

/** Parameters that say from when on: by id, or by time where there is no id that the search would take. */
export function startOf(start: GapStart, nowMs: number, byTime: boolean): Readonly<Record<string, string>> {
  const oldestMs = nowMs - REACH_MS;
  const idTimeMs = start.id === null ? null : (timeOfId(start.id)?.getTime() ?? nowMs);
  if (!byTime && start.id !== null && idTimeMs !== null && idTimeMs - OVERLAP_MS > oldestMs) {
    return { since_id: earlierId(start.id, OVERLAP_MS) };
  }
  const wishMs = Math.min(start.timeMs - OVERLAP_MS, nowMs - LATEST_START_MS);
  return { start_time: isoSeconds(Math.max(oldestMs, wishMs)) };
}

/** Parameters of a page for one rule. */
export function searchQuery(
  rule: RuleDefinition,
  start: Readonly<Record<string, string>>,
  untilMs: number | null,
  pageToken: string | undefined,
): Readonly<Record<string, string | undefined>> {
  return {
    query: rule.value,
    max_results: PAGE_SIZE,
    ...start,
    end_time: untilMs === null ? undefined : isoSeconds(untilMs),
    next_token: pageToken,
    ...POST_FIELDS,
  };
}

/** The API takes whole seconds. */
const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** A page of results: its posts, each with what it refers to, and where the next page is. */
export function readPage(
  answer: unknown,
  rule: { readonly id: string; readonly tag: string },
): { readonly posts: readonly Post[]; readonly nextToken: string | undefined } {
  const page = fieldsOf(answer);
  const includes = fieldsOf(page.includes);
  const posts = objects(page.data).flatMap((post) => {
    const line = JSON.stringify({ data: post, includes: includesOf(post, includes), matching_rules: [rule] });
    const object = readStreamObject(line);
    return object.kind === 'post' ? [object] : [];
  });
  return { posts, nextToken: textOf(fieldsOf(page.meta).next_token) || undefined };
}

/** A search has one set of users, media and posts for a whole page; the stream has one for each post. */
function includesOf(post: Readonly<Record<string, unknown>>, includes: Readonly<Record<string, unknown>>): object {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
  const related = [...list(post.edit_history_tweet_ids), ...objects(post.referenced_tweets).map(({ id }) => id)];
  const tweets = objects(includes.tweets).filter(({ id }) => related.includes(id) && id !== post.id);
  const authors = [post, ...tweets].map(({ author_id }) => author_id);
  const keys = [post, ...tweets].flatMap(({ attachments }) => list(fieldsOf(attachments).media_keys));
  const found = {
    users: objects(includes.users).filter(({ id }) => authors.includes(id)),
    media: objects(includes.media).filter(({ media_key }) => keys.includes(media_key)),
    tweets,
  };
  return Object.fromEntries(Object.entries(found).filter(([, values]) => values.length > 0));
}
