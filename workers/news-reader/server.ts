// The reader's HTTP server: questions about news, and what every worker says of itself.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { MongoError, MongoServerError } from 'mongodb';
import type { Histogram, Registry } from 'prom-client';
import { METRICS } from '../contract/metrics.ts';
import { NEWS_API } from '../contract/news-api.ts';
import { FatalError, reasonOf } from '../runtime/errors.ts';
import { closeServer, listenOn } from '../runtime/http-server.ts';
import type { Logger } from '../runtime/log.ts';
import { durations } from '../runtime/metrics.ts';
import { type Answer, answer, type NewsPath, problem } from './answer.ts';
import { type NewsArchive, NotYetError } from './news-archive.ts';
import { QuestionError } from './question.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly archive: Pick<NewsArchive, 'read' | 'ping'>;
  /** See publicAddress. */
  readonly publicUrl: string;
  readonly registry: Registry;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Told whenever the database did not answer. @default nobody */
  readonly onAway?: () => void;
}

export interface RunningServer {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Lets answers finish for half a second, then cuts what is left. */
  readonly close: () => Promise<void>;
}

const CLOSE_GRACE_MS = 500;
const RETRY_AFTER_SECONDS = '5';
const PATHS: readonly string[] = Object.values(NEWS_API);
const isNewsPath = (path: string): path is NewsPath => PATHS.includes(path);

/** Whether a failure is the database's, which may pass. */
const isAway = (error: unknown): boolean =>
  error instanceof MongoError ||
  error instanceof NotYetError ||
  // What the driver throws at the end of a question's time.
  (error instanceof Error && error.name === 'TimeoutError');

/** What the database says of a question that took longer than it may: see MAX_TIME_MS. */
const MAX_TIME_EXPIRED = 50;
const isTooExpensive = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED;

const text = (status: number, body: string, type = 'text/plain; charset=utf-8'): Answer => ({
  status,
  headers: { 'Cache-Control': 'no-store', 'Content-Type': type },
  body,
});

/** Answers requests, and says once when the database goes away and when it is back. */
class Desk {
  readonly #options: ServerOptions;
  readonly #durations: Histogram<'route'>;
  #away = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#durations = durations(options.registry, METRICS.queries);
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return problem(405, `${request.method} is not answered here; allowed: GET, HEAD`, { Allow: 'GET, HEAD' });
    }
    const [path = '', ...rest] = (request.url ?? '/').split('?');
    if (isNewsPath(path)) return this.#news(request, path, rest.length > 0 ? `?${rest.join('?')}` : '');
    switch (path) {
      case '/metrics':
        return text(200, await this.#options.registry.metrics(), this.#options.registry.contentType);
      // A database that is away is no reason to end a process that waits for it.
      case '/healthz':
        return text(200, 'ok\n');
      case '/readyz':
        return this.#readiness();
      default:
        return problem(404, `there is nothing here; allowed: ${PATHS.join(', ')}`);
    }
  }

  async #news(request: IncomingMessage, path: NewsPath, search: string): Promise<Answer> {
    const { archive, publicUrl, log } = this.#options;
    const end = this.#durations.startTimer({ route: path });
    try {
      const answered = await answer({ path, search, headers: request.headers }, { archive, publicUrl });
      this.#note(undefined);
      return answered;
    } catch (error) {
      if (error instanceof QuestionError) return problem(400, error.message);
      // Whose answer this is, is there: others' questions may cost less.
      if (isTooExpensive(error)) {
        return problem(503, 'this takes the database too long; ask for something rarer, or again in a moment', {
          'Retry-After': RETRY_AFTER_SECONDS,
        });
      }
      if (isAway(error)) {
        this.#note(error);
        return problem(503, 'the database does not answer; ask again in a moment', {
          'Retry-After': RETRY_AFTER_SECONDS,
        });
      }
      log.error({ path, reason: reasonOf(error), stack: (error as Error | undefined)?.stack }, 'a request failed');
      return problem(500, 'this could not be answered; the log of news-reader says why');
    } finally {
      end();
    }
  }

  async #readiness(): Promise<Answer> {
    try {
      await this.#options.archive.ping();
      this.#note(undefined);
      return text(200, 'ok\n');
    } catch (error) {
      this.#note(error);
      return text(503, `waiting for the database: ${reasonOf(error)}\n`);
    }
  }

  #note(failure: unknown): void {
    const away = failure !== undefined;
    if (away) this.#options.onAway?.();
    // Before it has answered at all, whoever connects says why.
    if (away === this.#away || failure instanceof NotYetError) return;
    this.#away = away;
    if (away) this.#options.log.warn({ reason: reasonOf(failure) }, 'the database does not answer');
    else this.#options.log.info('the database answers again');
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, {
    'X-Content-Type-Options': 'nosniff',
    ...headers,
    ...(status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/**
 * Starts the server and resolves once it listens.
 * @throws {FatalError} when the address can't be had
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, log } = options;
  const desk = new Desk(options);
  const server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 5_000 }, (request, response) => {
    desk.answer(request).then(
      (answered) => send(request, response, answered),
      (error: unknown) => {
        log.error({ reason: reasonOf(error) }, 'a request failed');
        send(request, response, problem(500, 'this could not be answered; the log of news-reader says why'));
      },
    );
  });
  const explain = (cause: Error): Error =>
    new FatalError(`news can’t be served on ${host}:${port} (HTTP_HOST, HTTP_PORT)`, { cause });
  const url = await listenOn(server, options, explain);
  return { url, close: () => closeServer(server, CLOSE_GRACE_MS) };
}
