// One request to the API and its answer, and the log of them.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Problem, plainProblem, UNSUPPORTED_AUTHENTICATION } from './problems.ts';

/** The endpoints, as rate limits and tests tell them apart. */
export type Endpoint = 'stream' | 'rules' | 'ruleChanges' | 'search';

/** A request that was made; it holds no token. */
export interface LoggedRequest {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly endpoint: Endpoint | 'unknown';
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly authorization: 'accepted' | 'refused' | 'missing';
  readonly userAgent: string;
  /** Of a change of rules; otherwise empty. */
  readonly body: string;
  /** What it was answered with; 0 when the connection was broken off instead. */
  readonly status: number;
}

const LOGGED_REQUESTS = 10_000;

/** The last 10,000 requests, in the order of their answers. */
export class RequestLog {
  readonly entries: LoggedRequest[] = [];

  add(entry: LoggedRequest): void {
    this.entries.push(entry);
    if (this.entries.length > LOGGED_REQUESTS) this.entries.shift();
  }
}

/** What a request's Authorization header is worth; a user's instead of the app's gets a problem of its own. */
export function authorize(
  header: string | undefined,
  tokens: ReadonlySet<string>,
): { readonly state: LoggedRequest['authorization']; readonly problem?: Problem } {
  if (header === undefined) return { state: 'missing', problem: plainProblem(401) };
  if (/^OAuth\s/i.test(header)) return { state: 'refused', problem: UNSUPPORTED_AUTHENTICATION };
  const token = /^Bearer\s+(\S+)\s*$/i.exec(header)?.[1];
  if (token !== undefined && tokens.has(token)) return { state: 'accepted' };
  return { state: 'refused', problem: plainProblem(401) };
}

const MAX_BODY_BYTES = 1_000_000;

/** Finds out what a request asks for. @returns 404 when there is no such path, 405 when the method is wrong */
export function findEndpoint(method: string, path: string): Endpoint | 404 | 405 {
  const [get, post] = PATHS[path] ?? [];
  if (get === undefined) return 404;
  return method === 'GET' ? get : method === 'POST' && post ? post : 405;
}

const PATHS: Readonly<Record<string, readonly Endpoint[]>> = {
  '/2/tweets/search/stream': ['stream'],
  '/2/tweets/search/stream/rules': ['rules', 'ruleChanges'],
  '/2/tweets/search/recent': ['search'],
};

/** Reads a request's body, as far as a sensible one goes. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

/** Sends an answer in JSON. */
export function sendAnswer(response: ServerResponse, { status, body }: Problem, headers: Record<string, string>): void {
  const content = Buffer.from(JSON.stringify(body));
  const contentType = status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8';
  response.writeHead(status, { 'content-type': contentType, 'content-length': content.length, ...headers });
  response.end(content);
}
