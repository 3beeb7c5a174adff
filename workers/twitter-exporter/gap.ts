// Fills what the stream did not bring while it was away: the recent search, rule by rule, within its limits.

import { NetworkError } from './api.ts';
import type { Clock } from './clock.ts';
import { Ladder } from './ladder.ts';
import { ApiError } from './problems.ts';
import { type AskApi, type RuleOutcome, tagPrefix } from './rules.ts';
import { type GapStart, readPage, SEARCH_PATH, searchQuery, startOf } from './search.ts';
import type { Post } from './stream-object.ts';

/** Pages asked for a rule at most; each has a hundred posts. */
const MAX_PAGES = 100;

/** What filling a gap needs. */
export interface GapTools {
  readonly source: string;
  readonly ask: AskApi;
  readonly rules: RuleOutcome['active'];
  /** Takes a post; returns when there is room for the next. */
  readonly put: (post: Post) => Promise<void>;
  readonly clock: Clock;
  readonly onFailure: (reason: string, waitMs: number) => void;
}

/** What filling a gap came to. */
export interface GapResult {
  readonly posts: number;
  /** Why something may still be missing, a sentence each; none when all was found. */
  readonly missing: readonly string[];
}

/**
 * Publishes what every rule has matched since the start of the gap. Failures that pass are waited for.
 * @param untilMs Unix milliseconds; null goes to the newest that there is
 * @throws {StoppingError} when the signal aborts
 */
export async function fillGap(
  tools: GapTools,
  start: GapStart,
  untilMs: number | null,
  signal: AbortSignal,
): Promise<GapResult> {
  let posts = 0;
  const missing: string[] = [];
  for (const active of tools.rules) {
    const filling = new RuleFilling(tools, active, start, untilMs);
    try {
      await filling.run(signal);
    } catch (error) {
      // What the search refuses for this rule it may grant for another.
      if (!(error instanceof ApiError)) throw error;
      missing.push(`rule ${active.rule.tag}: ${error.message}`);
    }
    posts += filling.posts;
    if (filling.cut) missing.push(`rule ${active.rule.tag}: more than ${MAX_PAGES} pages`);
  }
  return { posts, missing };
}

class RuleFilling {
  readonly #tools: GapTools;
  readonly #active: RuleOutcome['active'][number];
  readonly #start: GapStart;
  readonly #untilMs: number | null;
  readonly #ladder = new Ladder();
  #byTime = false;
  posts = 0;
  cut = false;

  constructor(tools: GapTools, active: RuleOutcome['active'][number], start: GapStart, untilMs: number | null) {
    this.#tools = tools;
    this.#active = active;
    this.#start = start;
    this.#untilMs = untilMs;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { source, put, clock } = this.#tools;
    const { id, rule } = this.#active;
    let since = startOf(this.#start, clock.now(), false);
    let pageToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; ) {
      const answer = await this.#ask(since, pageToken, signal);
      if (answer === 'byTime') {
        since = startOf(this.#start, clock.now(), true);
        continue;
      }
      if (answer === 'again') continue;
      page += 1;
      const { posts, nextToken } = readPage(answer.body, { id, tag: tagPrefix(source) + rule.tag });
      for (const post of posts) await put(post);
      this.posts += posts.length;
      if (nextToken === undefined) return;
      pageToken = nextToken;
    }
    this.cut = true;
  }

  async #ask(
    since: Readonly<Record<string, string>>,
    pageToken: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly body: unknown } | 'again' | 'byTime'> {
    const { ask, clock, onFailure } = this.#tools;
    const query = searchQuery(this.#active.rule, since, this.#untilMs, pageToken);
    try {
      const body = await ask({ path: SEARCH_PATH, query });
      this.#ladder.reset();
      return { body };
    } catch (error) {
      signal.throwIfAborted();
      // Whatever it dislikes about an id that it does not know or finds too old, a time will do.
      if (!this.#byTime && query.since_id !== undefined && isBadRequest(error)) {
        this.#byTime = true;
        return 'byTime';
      }
      const waitMs = this.#waitMs(error);
      onFailure((error as Error).message, waitMs);
      await clock.pause(waitMs, signal);
      return 'again';
    }
  }

  #waitMs(error: unknown): number {
    const { clock } = this.#tools;
    if (error instanceof NetworkError) return this.#ladder.fail('network', clock.random());
    if (!(error instanceof ApiError)) throw error;
    const { kind, status, resetAtMs } = error.problem;
    if (kind === 'rateLimited') {
      return this.#ladder.fail('rateLimit', clock.random(), (resetAtMs ?? 0) - clock.now());
    }
    if (status !== null && status >= 500) return this.#ladder.fail('http', clock.random());
    throw error;
  }
}

const isBadRequest = (error: unknown): boolean => error instanceof ApiError && error.problem.status === 400;
