// What the API says when it refuses or ends something, over HTTP or inside the stream, in our words.
import { STATUS_CODES } from 'node:http';

/**
 * What follows from a problem: `tooManyConnections`, another connection is open; `rateLimited`, too many requests; `token`, the
 * token is refused; `noRules`, there is nothing to follow; `disconnect`, the stream ends; `other`.
 */
export type ProblemKind = 'tooManyConnections' | 'rateLimited' | 'token' | 'noRules' | 'disconnect' | 'other';

export interface Problem {
  readonly kind: ProblemKind;
  /** Null inside the stream. */
  readonly status: number | null;
  /** One sentence, for people. */
  readonly message: string;
  /** When the API wants to be asked again, in Unix milliseconds; null when it does not say. */
  readonly resetAtMs: number | null;
}

/** The API answered with an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly problem: Problem;
  /** The body, if it was JSON. */
  readonly body: unknown;

  constructor(problem: Problem, body: unknown) {
    super(problem.message);
    this.problem = problem;
    this.body = body;
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;
type Fields = Readonly<Record<string, unknown>>;

const MAX_TEXT = 300;

/** The elements of a list that are objects; none when it is no list. */
export const objects = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.filter((item): item is Fields => typeof item === 'object' && item !== null) : [];
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
/** A text in one line of bounded length; empty for what is none. */
export const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
        .replace(/[\p{Cc}\s]+/gu, ' ')
        .trim()
        .slice(0, MAX_TEXT)
    : '';

/** Understands a response that is no success. `what` names what was asked for. */
export function readHttpProblem(what: string, status: number, headers: Headers, body: unknown): Problem {
  const fields = [fieldsOf(body), ...objects(fieldsOf(body).errors)];
  const said = saidBy(fields);
  const issue = firstText(fields, 'connection_issue');
  const meaning = STATUS_CODES[status] ?? '';
  const more = said === '' || said === meaning ? '' : ` (${said})`;
  const answered = `${what}: ${status} ${meaning}`.trimEnd() + more;
  const common = { status, resetAtMs: retryTime(headers) };
  if (issue === 'TooManyConnections') {
    // Every answer tells when the limit begins anew; it matters here only if it was used up, too.
    const resetAtMs = headers['x-rate-limit-remaining'] === '0' ? resetTime(headers) : common.resetAtMs;
    return { ...common, resetAtMs, kind: 'tooManyConnections', message: `TooManyConnections: ${said || answered}` };
  }
  if (issue === 'RuleConfigurationIssue') return { ...common, kind: 'noRules', message: answered };
  if (status === 429) return { ...common, resetAtMs: resetTime(headers), kind: 'rateLimited', message: answered };
  if (status === 401 || status === 403) return { ...common, kind: 'token', message: answered };
  return { ...common, kind: 'other', message: answered };
}

/** Understands an object of the stream that holds errors instead of a post. */
export function readStreamProblem(object: unknown): Problem {
  const fields = [...objects(fieldsOf(object).errors), fieldsOf(object)];
  const said = saidBy(fields);
  const common = { status: null, resetAtMs: null };
  if (firstText(fields, 'connection_issue') === 'TooManyConnections') {
    return { ...common, kind: 'tooManyConnections', message: `TooManyConnections: ${said}` };
  }
  const marks = fields.flatMap(({ title, type, disconnect_type }) => [title, type, disconnect_type]);
  const ends = marks.some((mark) => /disconnect/i.test(textOf(mark))) || firstText(fields, 'connection_issue') !== '';
  return { ...common, kind: ends ? 'disconnect' : 'other', message: `the stream says: ${said || 'an error'}` };
}

function saidBy(fields: readonly Fields[]): string {
  const title = firstText(fields, 'title');
  const detail = firstText(fields, 'detail') || firstText(fields, 'message');
  return detail === '' || detail === title ? title : title === '' ? detail : `${title}: ${detail}`;
}

const firstText = (fields: readonly Fields[], name: string): string =>
  fields.map((field) => textOf(field[name])).find((text) => text !== '') ?? '';

/** When a rate limit begins anew: X tells the second. */
function resetTime(headers: Headers): number | null {
  const reset = Number(headers['x-rate-limit-reset']);
  return reset > 0 ? reset * 1_000 : retryTime(headers);
}

/** What others than X use: a number of seconds. */
function retryTime(headers: Headers): number | null {
  const after = Number(headers['retry-after']);
  return after > 0 ? Date.now() + after * 1_000 : null;
}
