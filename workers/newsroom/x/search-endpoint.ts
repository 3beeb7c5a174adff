// GET /2/tweets/search/recent: posts of the last seven days that match a query, newest first, in pages.
import { FIELD_PARAMETERS, findUnknown, readSelection } from './fields.ts';
import type { Post } from './post.ts';
import type { PostArchive } from './post-archive.ts';
import { writePosts } from './post-object.ts';
import { type InvalidParameter, invalidRequest, type Problem } from './problems.ts';
import { parseQuery, type Query, QueryError } from './query.ts';
import { matches } from './query-match.ts';
import { compareIds, idAt } from './snowflake.ts';

/** What a search depends on, besides its parameters. */
export interface SearchContext {
  readonly archive: PostArchive;
  readonly now: number;
  /** How young a post is not found yet, unless `end_time` says otherwise, in milliseconds. */
  readonly lagMs: number;
  readonly maxQueryLength: number;
}

const DEFAULT_RESULTS = 10;
const MAX_RESULTS = 100;
const WINDOW_MS = 7 * 86_400_000;
const YOUNGEST_END_MS = 10_000;
const PARAMETERS = [
  'query',
  'start_time',
  'end_time',
  'since_id',
  'until_id',
  'max_results',
  'next_token',
  'pagination_token',
  'sort_order',
  ...FIELD_PARAMETERS,
];

interface Search {
  readonly query: Query;
  readonly afterId: string | undefined;
  readonly beforeId: string | undefined;
  readonly maxResults: number;
}

/** Answers a search. */
export function answerSearch(parameters: URLSearchParams, context: SearchContext): Problem {
  const invalid: InvalidParameter[] = [];
  findUnknown(parameters, PARAMETERS, invalid);
  const selection = readSelection(parameters, invalid);
  const search = readSearch(parameters, context, invalid);
  if (!search || invalid.length > 0) return invalidRequest(invalid);
  const found: Post[] = [];
  for (const { post, searchable } of context.archive.between(search.afterId, search.beforeId)) {
    if (!matches(search.query, searchable)) continue;
    found.push(post);
    // One more than wanted says that there is another page.
    if (found.length > search.maxResults) break;
  }
  const page = found.slice(0, search.maxResults);
  const [newest, oldest] = [page[0], page.at(-1)];
  if (!newest || !oldest) return { status: 200, body: { meta: { result_count: 0 } } };
  const meta = {
    newest_id: newest.id,
    oldest_id: oldest.id,
    result_count: page.length,
    ...(found.length > page.length ? { next_token: writeToken(oldest.id) } : {}),
  };
  return { status: 200, body: { ...writePosts(page, selection), meta } };
}

function readSearch(
  parameters: URLSearchParams,
  { now, lagMs, maxQueryLength }: SearchContext,
  invalid: InvalidParameter[],
): Search | undefined {
  const refuse = (name: string, message: string): undefined => {
    invalid.push({ name, value: parameters.get(name) ?? '', message });
  };
  const oldestId = idAt(now - WINDOW_MS);

  const readId = (name: string): string | undefined => {
    const id = parameters.get(name);
    if (id === null) return undefined;
    if (!/^\d{1,19}$/.test(id)) {
      return refuse(name, `The \`${name}\` query parameter value [${id}] does not match ^[0-9]{1,19}$`);
    }
    if (compareIds(id, oldestId) < 0) {
      const after = `${new Date(now - WINDOW_MS).toISOString().slice(0, 16)}Z`;
      return refuse(
        name,
        `'${name}' must be a tweet id created after ${after}. Please use a '${name}' that is larger than ${oldestId}`,
      );
    }
    return id;
  };

  const readTime = (name: string, latestMs: number): string | undefined => {
    const text = parameters.get(name);
    if (text === null) return undefined;
    const timeMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(timeMs)) {
      return refuse(name, `The \`${name}\` query parameter value [${text}] is not a valid RFC3339 date-time`);
    }
    if (timeMs < now - WINDOW_MS) {
      const after = `${new Date(now - WINDOW_MS).toISOString().slice(0, 16)}Z`;
      return refuse(name, `Invalid '${name}':'${text}'. '${name}' must be on or after ${after}`);
    }
    if (timeMs > latestMs) {
      const seconds = YOUNGEST_END_MS / 1_000;
      return refuse(
        name,
        `Invalid '${name}':'${text}'. '${name}' must be a minimum of ${seconds} seconds prior to the request time.`,
      );
    }
    return idAt(timeMs);
  };

  const sinceId = readId('since_id');
  const startId = readTime('start_time', now - YOUNGEST_END_MS);
  // Where both are given, since_id alone counts. An id before the first of its moment lets the moment in.
  const afterId = sinceId ?? (startId === undefined ? undefined : (BigInt(startId) - 1n).toString());
  const ends = [readId('until_id'), readTime('end_time', now - YOUNGEST_END_MS), readToken(parameters, refuse)];
  if (!parameters.has('end_time') && lagMs > 0) ends.push(idAt(now - lagMs));
  const beforeId = ends.filter((id) => id !== undefined).sort(compareIds)[0];

  const order = parameters.get('sort_order');
  if (order !== null && order !== 'recency' && order !== 'relevancy') {
    refuse('sort_order', `The \`sort_order\` query parameter value [${order}] is not one of [recency,relevancy]`);
  }
  const maxResults = parameters.get('max_results') ?? String(DEFAULT_RESULTS);
  if (!/^\d+$/.test(maxResults) || Number(maxResults) < DEFAULT_RESULTS || Number(maxResults) > MAX_RESULTS) {
    refuse(
      'max_results',
      `The \`max_results\` query parameter value [${maxResults}] is not between ${DEFAULT_RESULTS} and ${MAX_RESULTS}`,
    );
  }
  const query = readQuery(parameters.get('query') ?? '', maxQueryLength, refuse);
  return query && { query, afterId, beforeId, maxResults: Number(maxResults) };
}

function readQuery(
  text: string,
  maxLength: number,
  refuse: (name: string, message: string) => undefined,
): Query | undefined {
  const length = [...text].length;
  if (length < 1 || length > maxLength) {
    return refuse(
      'query',
      `The \`query\` query parameter can not be empty and must be at most ${maxLength} characters`,
    );
  }
  try {
    return parseQuery(text);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return refuse('query', `There were errors processing your request: ${error.message}`);
  }
}

/** A page begins after the last post of the one before, so a token gives the same page whenever it is used. */
const writeToken = (id: string): string => `b26v89c19zqg8o3f${BigInt(id).toString(36)}`;

function readToken(
  parameters: URLSearchParams,
  refuse: (name: string, message: string) => undefined,
): string | undefined {
  const name = parameters.has('next_token') ? 'next_token' : 'pagination_token';
  const token = parameters.get(name);
  if (token === null) return undefined;
  const digits = /^b26v89c19zqg8o3f([0-9a-z]{1,13})$/.exec(token)?.[1];
  if (digits === undefined) {
    return refuse(name, `The \`${name}\` query parameter value [${token}] is not a valid token`);
  }
  let id = 0n;
  for (const digit of digits) id = id * 36n + BigInt(Number.parseInt(digit, 36));
  return id.toString();
}
