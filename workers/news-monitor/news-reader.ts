// Passes questions about stored news on to news-reader, and its answers back: the monitor itself knows no database.
import { Agent, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { NewsProblem } from '../contract/news-api.ts';
import { reasonOf } from '../runtime/errors.ts';

/** How long news-reader may take to begin its answer, and then to go on with it, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** How long one answer may take in all: whoever reads a byte now and then must not keep a connection for ever. */
const TOTAL_MS = 60_000;
/** Longest answer, in bytes: more than a hundred of the largest items. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** Questions on their way at once; further ones wait for a connection. */
const CONNECTIONS = 32;
/** Questions on their way and waiting together; whoever comes then is told to come again. */
const QUESTIONS = 4 * CONNECTIONS;

/** What of a question news-reader is told, beside the method and the address. */
const PASSED_ON = ['accept', 'if-none-match', 'if-modified-since'] as const;
/** What of an answer is passed back. */
const PASSED_BACK = [
  ...['content-type', 'content-length', 'etag', 'last-modified', 'cache-control', 'vary'],
  ...['retry-after', 'allow'],
];

/** Settings of {@link NewsReader}. */
export interface NewsReaderOptions {
  /** @default 10000 */
  readonly timeoutMs?: number;
  /** @default 60000 */
  readonly totalMs?: number;
  /** @default 128 */
  readonly maxQuestions?: number;
  /** @default 16 MiB */
  readonly maxAnswerBytes?: number;
  /** Told of answers that did not come. @default nobody */
  readonly onFailure?: (reason: string) => void;
}

/** news-reader, as seen from the page's server. */
export class NewsReader {
  readonly #url: URL;
  readonly #timeoutMs: number;
  readonly #totalMs: number;
  readonly #maxQuestions: number;
  readonly #maxAnswerBytes: number;
  readonly #onFailure: (reason: string) => void;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: 4 });
  #questions = 0;

  /** @param url an http address without a path */
  constructor(url: URL, options: NewsReaderOptions = {}) {
    this.#url = url;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#totalMs = options.totalMs ?? TOTAL_MS;
    this.#maxQuestions = options.maxQuestions ?? QUESTIONS;
    this.#maxAnswerBytes = options.maxAnswerBytes ?? MAX_ANSWER_BYTES;
    this.#onFailure = options.onFailure ?? (() => {});
  }

  /** Passes a GET or HEAD on, and its answer back; 503 says that there is none. */
  async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#questions >= this.#maxQuestions) return this.#refuse(response);
    this.#questions++;
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      response.destroy();
    }, this.#totalMs);
    try {
      const answer = await this.#ask(request, response);
      response.writeHead(answer.statusCode ?? 502, pick(answer.headers, PASSED_BACK));
      await pipeline(answer, this.#bounded(), response);
    } catch (error) {
      // Who asked has gone away: nobody failed.
      if (!late && response.destroyed && (!response.headersSent || isPrematureClose(error))) return;
      this.#onFailure(late ? `no end within ${this.#totalMs} ms` : reasonOf(error));
      if (response.headersSent || late) response.destroy();
      else this.#refuse(response);
    } finally {
      clearTimeout(limit);
      this.#questions--;
    }
  }

  /** Lets go of the connections. */
  close(): void {
    this.#agent.destroy();
  }

  #ask(request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const question = ask(
        new URL(request.url ?? '/', this.#url),
        {
          agent: this.#agent,
          method: request.method ?? 'GET',
          timeout: this.#timeoutMs,
          headers: {
            ...pick(request.headers, PASSED_ON),
            ...addressOf(request.headers),
          },
        },
        resolve,
      );
      // Of a connection, not of the answer: it is silence that is timed.
      question.on('timeout', () => question.destroy(new Error(`news-reader said nothing for ${this.#timeoutMs} ms`)));
      question.on('error', reject);
      response.on('close', () => question.destroy());
      question.end();
    });
  }

  #bounded(): Transform {
    let bytes = 0;
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        bytes += chunk.byteLength;
        if (bytes > this.#maxAnswerBytes) done(new Error(`the answer exceeds ${this.#maxAnswerBytes} bytes`));
        else done(null, chunk);
      },
    });
  }

  #refuse(response: ServerResponse): void {
    const problem: NewsProblem = { error: 'the reader of stored news does not answer: try again in a moment' };
    const body = JSON.stringify(problem);
    response.writeHead(503, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'Retry-After': '5',
    });
    response.end(body);
  }
}

/** Whether a pipeline ended since its end was closed; an answer that breaks off is another error. */
const isPrematureClose = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

/** So that feeds name the address that they were asked for at: what a proxy in front of us says of it comes first. */
const addressOf = (headers: IncomingMessage['headers']): Record<string, string> => ({
  ...(headers.host ? { 'x-forwarded-host': headers.host } : {}),
  'x-forwarded-proto': 'http',
  ...pick(headers, ['x-forwarded-host', 'x-forwarded-proto']),
});

/** Those headers that are there, by name. */
function pick(headers: IncomingMessage['headers'], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
