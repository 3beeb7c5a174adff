// Follows the stream of one source for as long as it is this replica's to follow: token, rules, connection, gaps, and again.
import type { KV } from 'nats';
import { reasonOf, StoppingError } from '../runtime/errors.ts';
import { LeaseLostError } from '../runtime/lease.ts';
import type { Logger } from '../runtime/log.ts';
import type { Publisher } from '../runtime/publisher.ts';
import type { Spans } from '../runtime/spans.ts';
import type { XApi } from './api.ts';
import type { Clock } from './clock.ts';
import { CONNECTION_TIMING, type ConnectionTiming, STREAM_PATH } from './connection.ts';
import { fillGap } from './gap.ts';
import { Ladder } from './ladder.ts';
import { type FollowCounters, PostFlow, type PostFlowTools } from './post-flow.ts';
import { messageOf, recoveryFrom } from './recovery.ts';
import { type AskApi, describeRefusal, type RuleDefinition, type RuleOutcome, reconcileRules } from './rules.ts';
import { type Failure, failureOf, runSession } from './session.ts';
import type { ConnectionName, StreamState } from './state.ts';
import { StateKeeper } from './state-keeper.ts';
import type { Post } from './stream-object.ts';
import type { TokenSource } from './token.ts';

/** Rules are looked at again when a connection is made this long after they were last. */
const RULES_EVERY_MS = 900_000;
/** The search knows a post up to half a minute after it was made: so much later a gap is looked at once more. */
const SEARCH_DELAY_MS = 45_000;
/** Posts that the stream may bring late, right after it was opened, are its own to bring. */
const OPENING_MS = 5_000;

/** What following works with. */
export interface FollowTools {
  readonly source: string;
  readonly rules: readonly RuleDefinition[];
  readonly api: XApi;
  /** The API's base address. */
  readonly apiUrl: string;
  readonly tokens: TokenSource;
  readonly states: Pick<KV, 'get' | 'put'>;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly log: Logger;
  readonly counters: FollowCounters;
  /** @default nobody collects traces */
  readonly spans?: Spans | undefined;
  readonly clock: Clock;
  /** Aborts when what is in hand is to be given up. */
  readonly abandoning: AbortSignal;
  readonly timing?: ConnectionTiming;
  readonly limits?: PostFlowTools['limits'];
}

/**
 * Follows until `held` aborts. Then the connection ends at once, what has come is published, and the state says so, unless the
 * lease was lost: then it is another's to write.
 */
export async function follow(tools: FollowTools, held: AbortSignal): Promise<void> {
  const writing = new AbortController();
  const onAbort = (): void => {
    if (held.reason instanceof LeaseLostError) writing.abort();
  };
  held.addEventListener('abort', onAbort, { once: true });
  try {
    const { states: bucket, source, apiUrl, log, abandoning } = tools;
    const signal = AbortSignal.any([writing.signal, abandoning]);
    const keeper = await StateKeeper.open({ bucket, source, url: apiUrl + STREAM_PATH, log, signal }, held);
    await new Following(tools, keeper).run(held);
  } catch (error) {
    if (!(error instanceof StoppingError)) throw error;
  } finally {
    held.removeEventListener('abort', onAbort);
  }
}

class Following {
  readonly #tools: FollowTools;
  readonly #keeper: StateKeeper;
  readonly #posts: PostFlow;
  readonly #ladder = new Ladder();
  readonly #timing: ConnectionTiming;
  #rules: RuleOutcome | null = null;
  #rulesAtMs = 0;
  #rulesToken = '';
  /** While it is open, `lastId` stays: from there on something may be missing. */
  #gapOpen = false;

  constructor(tools: FollowTools, keeper: StateKeeper) {
    this.#tools = tools;
    this.#keeper = keeper;
    this.#timing = tools.timing ?? CONNECTION_TIMING;
    const { apiUrl, limits, ...rest } = tools;
    const flow = { ...rest, url: apiUrl + STREAM_PATH, ...(limits ? { limits } : {}) };
    this.#posts = new PostFlow(flow, keeper.state.lastId, () => this.#progress());
  }

  async run(held: AbortSignal): Promise<void> {
    try {
      while (!held.aborted) await this.#round(held);
    } catch (error) {
      if (!held.aborted) throw error;
    } finally {
      try {
        await this.#posts.flushed();
      } finally {
        const ours = !(held.reason instanceof LeaseLostError);
        if (ours) this.#keeper.say({ connection: 'stopped', nextPollAt: null, ...this.#progressMade() });
        await this.#keeper.close(ours);
      }
    }
  }

  /** Gets as far as it can: to the end of a connection, or to what is in the way of one. */
  async #round(held: AbortSignal): Promise<void> {
    const reading = await this.#tools.tokens.read();
    if (reading.token === null) return this.#awaitToken('noToken', reading.reason, null, held);
    const { token } = reading;
    let hadData = false;
    let failure: Failure;
    try {
      const rules = await this.#reconcile(token, held);
      if (rules.active.length === 0) failure = noRules(rules);
      else ({ failure, hadData } = await this.#session(token, rules, held));
    } catch (error) {
      held.throwIfAborted();
      failure = failureOf(error);
    }
    if (!held.aborted) await this.#recover(failure, hadData, token, held);
  }

  async #reconcile(token: string, held: AbortSignal): Promise<RuleOutcome> {
    const { source, rules, clock, log } = this.#tools;
    const isFresh = this.#rulesToken === token && clock.now() - this.#rulesAtMs < RULES_EVERY_MS;
    if (this.#rules && isFresh) return this.#rules;
    const outcome = await reconcileRules(this.#asker(token, held), source, rules);
    this.#rules = outcome;
    this.#rulesAtMs = clock.now();
    this.#rulesToken = token;
    const { active, added, deleted, refused } = outcome;
    log.info({ source, active: active.length, added, deleted, refused: refused.length }, 'rules are as declared');
    for (const refusal of refused) log.error({ source, rule: refusal.rule.value }, describeRefusal(refusal));
    return outcome;
  }

  async #session(
    token: string,
    rules: RuleOutcome,
    held: AbortSignal,
  ): Promise<{ readonly failure: Failure; readonly hadData: boolean }> {
    const { api, clock, log, source } = this.#tools;
    const over = new AbortController();
    const signal = AbortSignal.any([held, over.signal]);
    let filling: Promise<void> = Promise.resolve();
    let openedAtMs = 0;
    let hadData = false;
    const settled = (): void => {
      this.#ladder.reset();
      if (this.#keeper.state.failures > 0) this.#keeper.say({ failures: 0 });
    };
    this.#keeper.note({ lastPollAt: new Date(clock.now()).toISOString() });
    const failure = await runSession(
      api,
      token,
      this.#timing,
      {
        onOpen: () => {
          openedAtMs = clock.now();
          log.info({ source }, 'connected to the stream');
          filling = this.#openGap(token, rules, openedAtMs, signal);
          const lastError = rules.refused.length > 0 ? rules.refused.map(describeRefusal).join('; ') : null;
          this.#keeper.say({ connection: 'connected', status: 'active', nextPollAt: null, lastError });
        },
        onAlive: () => {
          // A quiet stream proves itself by living through a keep-alive.
          if (clock.now() - openedAtMs >= this.#timing.keepAliveMs) settled();
          this.#progress();
        },
        accept: (object) => {
          if (!hadData) settled();
          hadData = true;
          return this.#posts.offer(object, rules);
        },
        onRemark: (message) => log.warn({ source }, message),
      },
      held,
    );
    over.abort();
    await filling;
    return { failure, hadData };
  }

  async #recover(failure: Failure, hadData: boolean, token: string, held: AbortSignal): Promise<void> {
    const { clock, log, source } = this.#tools;
    const recovery = recoveryFrom(failure, hadData);
    const message = messageOf(failure);
    this.#tools.counters.connections.inc({
      source,
      reason: failure.kind === 'problem' ? failure.problem.kind : failure.kind,
    });
    if (recovery.act === 'awaitToken') {
      return this.#awaitToken('tokenRefused', `the token is refused: ${message}; another is waited for`, token, held);
    }
    if (recovery.act === 'catchUp') {
      log.warn({ source, waiting: this.#posts.size }, message);
      this.#keeper.say({ connection: 'behind', status: 'failing', lastError: message });
      return this.#posts.flushed();
    }
    const { connection, ladder, resetAtMs } = recovery;
    if (connection === 'noRules') this.#rules = null;
    const waitMs = this.#ladder.fail(ladder, clock.random(), resetAtMs - clock.now());
    const { failures } = this.#ladder;
    const nextPollAt = new Date(clock.now() + waitMs).toISOString();
    log.warn({ source, connection, failures, waitMs, reason: message }, 'not connected to the stream');
    this.#keeper.say({ connection, status: 'failing', failures, nextPollAt, lastError: message });
    await clock.pause(waitMs, held);
  }

  async #awaitToken(
    connection: ConnectionName,
    lastError: string,
    token: string | null,
    held: AbortSignal,
  ): Promise<void> {
    const { log, source, tokens } = this.#tools;
    log.warn({ source }, lastError);
    this.#keeper.say({ connection, status: 'failing', nextPollAt: null, lastError });
    await tokens.changed(token, held);
    this.#ladder.reset();
    log.info({ source }, 'another token is there');
  }

  /** Looks for what is missing since the last connection, if there was one. */
  async #openGap(token: string, rules: RuleOutcome, openedAtMs: number, signal: AbortSignal): Promise<void> {
    this.#progress();
    const { lastId: id, completeUntil } = this.#keeper.state;
    if (completeUntil === null) return;
    this.#gapOpen = true;
    const { source, log, clock } = this.#tools;
    const start = { id, timeMs: Date.parse(completeUntil) };
    const tools = {
      source,
      ask: this.#asker(token, signal),
      rules: rules.active,
      put: (post: Post) => this.#posts.put(post, rules),
      clock,
      onFailure: (reason: string, waitMs: number) => log.warn({ source, reason, waitMs }, 'the search failed'),
    };
    try {
      const first = await fillGap(tools, start, null, signal);
      log.info({ source, since: id, posts: first.posts }, 'looked for what the stream had missed');
      await clock.pause(SEARCH_DELAY_MS, signal);
      const second = await fillGap(tools, start, openedAtMs + OPENING_MS, signal);
      await this.#posts.flushed();
      signal.throwIfAborted();
      const missing = second.missing.join('; ');
      if (missing !== '') log.error({ source, since: id, reason: missing }, 'posts may be missing');
      this.#gapOpen = false;
      this.#keeper.say({ unfilled: missing === '' ? null : missing, ...this.#progressMade() });
    } catch (error) {
      // The next connection begins from the same place.
      if (!signal.aborted)
        log.error({ source, reason: reasonOf(error) }, 'could not look for what the stream had missed');
    }
  }

  /** Something came, or became durable. */
  #progress(): void {
    this.#keeper.note(this.#progressMade());
  }

  #progressMade(): Partial<StreamState> {
    const { connection } = this.#keeper.state;
    const at = new Date(this.#tools.clock.now()).toISOString();
    const alive = connection === 'connected' ? { lastSuccessAt: at } : {};
    if (this.#gapOpen) return alive;
    const complete = connection === 'connected' && this.#posts.size === 0 ? { completeUntil: at } : {};
    return { ...alive, ...complete, lastId: this.#posts.durableId };
  }

  #asker(token: string, signal: AbortSignal): AskApi {
    return (request) => this.#tools.api.json({ ...request, token }, signal);
  }
}

const noRules = ({ refused }: RuleOutcome): Failure => ({
  kind: 'problem',
  problem: {
    kind: 'noRules',
    status: null,
    message: refused.map(describeRefusal).join('; ') || 'there are no rules to follow',
    resetAtMs: null,
  },
});
