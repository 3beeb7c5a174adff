// The simulated X API v2: filtered stream, its rules and recent search, with controls for tests.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pieces } from './byte-cutter.ts';
import {
  authorize,
  type Endpoint,
  findEndpoint,
  type LoggedRequest,
  RequestLog,
  readBody,
  sendAnswer,
} from './exchange.ts';
import { type Failure, Failures } from './failures.ts';
import { FIELD_PARAMETERS, findUnknown, readSelection } from './fields.ts';
import { type Post, type PostDraft, shortenLinks, type XUser } from './post.ts';
import { type ArchivedPost, PostArchive } from './post-archive.ts';
import {
  type InvalidParameter,
  invalidRequest,
  NO_RULES,
  type Problem,
  plainProblem,
  TOO_MANY_CONNECTIONS,
} from './problems.ts';
import { indexPost } from './query-match.ts';
import { RateLimit } from './rate-limit.ts';
import { type Rule, RuleBook } from './rule-book.ts';
import { answerRuleChange, answerRules } from './rules-endpoint.ts';
import { answerSearch } from './search-endpoint.ts';
import { IdSource, idAt, timeOfId } from './snowflake.ts';
import { type ConnectionCounts, type Disconnect, StreamHub } from './stream-hub.ts';
import { withDefaults, type XApiOptions } from './x-api-options.ts';

const DEFAULT_AUTHOR: XUser = { id: '1500000000000000001', username: 'newsroom', name: 'The newsroom' };
const BURST_TICK_MS = 10;

/** The API; `handle` is called by an HTTP server, everything else by tests and by whoever posts. */
export class XApi {
  readonly #options: ReturnType<typeof withDefaults>;
  readonly #limits: Readonly<Record<Endpoint, RateLimit>>;
  readonly #ids: IdSource;
  readonly #archive: PostArchive;
  readonly #book: RuleBook;
  readonly #hub = new StreamHub();
  readonly #failures = new Failures();
  readonly #log = new RequestLog();
  readonly #listeners = new Set<(endpoint: Endpoint) => void>();
  #tokens: ReadonlySet<string>;
  #pieces: Pieces;
  #closed = false;

  constructor(options: XApiOptions = {}) {
    this.#options = withDefaults(options);
    const { now, tokens, pieces, archivedPosts, limits, windowMs } = this.#options;
    this.#tokens = new Set(tokens);
    this.#pieces = pieces;
    this.#ids = new IdSource(now);
    this.#archive = new PostArchive(archivedPosts);
    this.#book = new RuleBook(this.#options, () => this.#ids.next());
    this.#limits = {
      stream: new RateLimit(limits.stream, windowMs, now),
      rules: new RateLimit(limits.rules, windowMs, now),
      ruleChanges: new RateLimit(limits.ruleChanges, windowMs, now),
      search: new RateLimit(limits.search, windowMs, now),
    };
  }

  /** Whether a path is the API's. */
  static owns(path: string): boolean {
    return path.startsWith('/2/');
  }

  /** The rules there are. */
  get rules(): readonly Rule[] {
    return this.#book.all;
  }

  get connections(): ConnectionCounts {
    return this.#hub.counts;
  }

  /** The last 10,000 requests, in the order of their answers. */
  get requests(): readonly LoggedRequest[] {
    return this.#log.entries;
  }

  /** Accepts these tokens from now on, and no others; open streams stay open. */
  acceptTokens(tokens: readonly string[]): void {
    this.#tokens = new Set(tokens);
  }

  /** Adds rules as another client would. @returns what is wrong with them, if anything */
  addRules(rules: readonly { readonly value: string; readonly tag?: string }[]): readonly object[] {
    return this.#book.add(rules, false).errors;
  }

  /** Publishes posts: sends them to the open streams whose rules they match, and keeps them for searches. */
  publish(...drafts: readonly PostDraft[]): readonly Post[] {
    return drafts.map((draft) => this.#publish(this.#compose(draft)));
  }

  /** Keeps posts for searches and sends them to nobody, as if they had been published while nobody was connected. */
  archive(...drafts: readonly PostDraft[]): readonly Post[] {
    return drafts.map((draft) => this.#archive.add(this.#compose(draft)).post);
  }

  /**
   * Edits a post: publishes it anew, with another text and id and the same history.
   * @throws {RangeError} when there is no such post
   */
  edit(id: string, text: string): Post {
    const before = this.#find(id).post;
    const { author, language, earlier } = before;
    return this.#publish({ ...this.#compose({ author, language, text }), earlier: [...earlier, before] });
  }

  /**
   * Sends a post once more to the open streams.
   * @throws {RangeError} when there is no such post
   */
  redeliver(id: string): void {
    this.#deliver(this.#find(id));
  }

  /** Whether a post would be sent to whoever is connected. */
  matchesRules(draft: PostDraft): boolean {
    return this.#book.matching(indexPost(this.#compose({ id: idAt(this.#options.now()), ...draft }))).length > 0;
  }

  /** Publishes posts at an even pace. @returns those published, all of them unless the API was closed before */
  burst(count: number, perSecond: number, draft: (index: number) => PostDraft): Promise<readonly Post[]> {
    const posts: Post[] = [];
    const start = performance.now();
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const due = Math.min(count, Math.ceil(((performance.now() - start) / 1_000) * perSecond));
        while (!this.#closed && posts.length < due) posts.push(...this.publish(draft(posts.length)));
        if (posts.length < count && !this.#closed) return;
        clearInterval(timer);
        resolve(posts);
      }, BURST_TICK_MS);
    });
  }

  /** Closes the open streams. */
  disconnect(how: Disconnect = 'clean'): void {
    this.#hub.disconnect(how);
  }

  /** Sends nothing more to the streams open now, keep-alives neither, without closing them; later ones are as usual. */
  goSilent(): void {
    this.#hub.goSilent();
  }

  /** Answers the next requests to an endpoint with a failure; several follow each other. */
  failNext(endpoint: Endpoint, failure: Failure): void {
    this.#failures.add(endpoint, failure);
  }

  /** Forgets the failures that were still to come. */
  stopFailing(): void {
    this.#failures.clear();
  }

  /** Allows so many requests to an endpoint in a window that begins anew. */
  limit(endpoint: Endpoint, requests: number): void {
    this.#limits[endpoint].change(requests);
  }

  /** Cuts the bytes of streams opened from now on. */
  cut(pieces: Pieces): void {
    this.#pieces = pieces;
  }

  /** Calls back when a request was accepted: for a stream when it is open, for others before they are answered. */
  onRequest(listener: (endpoint: Endpoint) => void): void {
    this.#listeners.add(listener);
  }

  /** Ends every stream and burst; later requests are answered with 503. */
  close(): void {
    this.#closed = true;
    this.disconnect();
  }

  /** Answers a request whose path `owns` is true of. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const body = method === 'POST' ? await readBody(request).catch(() => '') : '';
    const endpoint = findEndpoint(method, path);
    const { state, problem } = authorize(request.headers.authorization, this.#tokens);
    const log = (status: number): void =>
      this.#log.add({
        at: this.#options.now(),
        endpoint: typeof endpoint === 'number' ? 'unknown' : endpoint,
        method,
        path,
        parameters: Object.fromEntries(searchParams),
        authorization: state,
        userAgent: request.headers['user-agent'] ?? '',
        body,
        status,
      });
    if (typeof endpoint === 'number') {
      log(endpoint);
      sendAnswer(response, plainProblem(endpoint), {});
      return;
    }
    const failure = this.#failures.take(endpoint);
    if (failure?.status === 'reset') {
      log(0);
      request.socket.destroy();
      return;
    }
    const answer = failure
      ? { status: failure.status as number, body: failure.body ?? plainProblem(failure.status as number).body }
      : (this.#refuse(endpoint, problem) ?? this.#answer(endpoint, searchParams, body));
    const headers = { ...this.#limits[endpoint].headers(failure?.status === 429), ...failure?.headers };
    log(answer === 'stream' ? 200 : answer.status);
    if (answer === 'stream') this.#startStream(searchParams, response, headers);
    else sendAnswer(response, answer, headers);
  }

  #refuse(endpoint: Endpoint, problem: Problem | undefined): Problem | undefined {
    if (this.#closed) return plainProblem(503);
    if (problem) return problem;
    return this.#limits[endpoint].take() ? undefined : plainProblem(429);
  }

  #answer(endpoint: Endpoint, parameters: URLSearchParams, body: string): Problem | 'stream' {
    if (endpoint === 'stream') return this.#refuseStream(parameters) ?? 'stream';
    this.#notify(endpoint);
    const { now, searchLagMs: lagMs, maxQueryLength } = this.#options;
    if (endpoint === 'rules') return answerRules(parameters, this.#book, now());
    if (endpoint === 'ruleChanges') return answerRuleChange(parameters, body, this.#book, now());
    return answerSearch(parameters, { archive: this.#archive, now: now(), lagMs, maxQueryLength });
  }

  #refuseStream(parameters: URLSearchParams): Problem | undefined {
    const invalid: InvalidParameter[] = [];
    const { maxBackfillMinutes, maxConnections } = this.#options;
    findUnknown(parameters, ['backfill_minutes', ...FIELD_PARAMETERS], invalid);
    readSelection(parameters, invalid);
    const backfill = parameters.get('backfill_minutes');
    if (backfill !== null && !(/^\d$/.test(backfill) && Number(backfill) <= maxBackfillMinutes)) {
      const why = maxBackfillMinutes === 0 ? 'not available to this app' : `not between 0 and ${maxBackfillMinutes}`;
      const message = `The \`backfill_minutes\` query parameter value [${backfill}] is ${why}`;
      invalid.push({ name: 'backfill_minutes', value: backfill, message });
    }
    if (invalid.length > 0) return invalidRequest(invalid);
    if (this.#book.all.length === 0) return NO_RULES;
    return this.#hub.counts.open >= maxConnections ? TOO_MANY_CONNECTIONS : undefined;
  }

  #startStream(parameters: URLSearchParams, response: ServerResponse, headers: Record<string, string>): void {
    const { keepAliveMs, maxUnreadBytes, now } = this.#options;
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers });
    const selection = readSelection(parameters, []);
    const connection = this.#hub.add(response, { selection, keepAliveMs, pieces: this.#pieces, maxUnreadBytes });
    const backfillMs = Number(parameters.get('backfill_minutes') ?? 0) * 60_000;
    if (backfillMs > 0) {
      for (const { post, searchable } of [...this.#archive.between(idAt(now() - backfillMs), undefined)].reverse()) {
        const rules = this.#book.matching(searchable);
        if (rules.length > 0) connection.send(post, rules);
      }
    }
    this.#notify('stream');
  }

  #notify(endpoint: Endpoint): void {
    for (const listener of this.#listeners) listener(endpoint);
  }

  #compose({ text, author = DEFAULT_AUTHOR, language = 'en', id = this.#ids.next(), createdAt }: PostDraft): Post {
    const shortened = shortenLinks(text);
    return { id, createdAt: createdAt ?? new Date(timeOfId(id)), author, language, ...shortened, earlier: [] };
  }

  #find(id: string): ArchivedPost {
    const entry = this.#archive.find(id);
    if (!entry) throw new RangeError(`no post ${id}: it was never published, or is forgotten`);
    return entry;
  }

  #publish(post: Post): Post {
    this.#deliver(this.#archive.add(post));
    return post;
  }

  #deliver({ post, searchable }: ArchivedPost): void {
    const rules = this.#book.matching(searchable);
    if (rules.length > 0) this.#hub.send(post, rules);
  }
}
