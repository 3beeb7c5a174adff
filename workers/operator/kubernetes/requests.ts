// One request to the API server: it waits for its turn, has a time limit, and fails with a name.
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { reasonOf, StoppingError } from '../../runtime/errors.ts';
import { limitTime } from '../../runtime/time-limit.ts';
import {
  type Asked,
  classifyFailure,
  describeRequest,
  KubernetesError,
  ThrottledError,
  TransientError,
} from './errors.ts';
import { keyOf, type ObjectName } from './object.ts';
import { RateLimiter } from './rate-limit.ts';
import { pathOf, type Resource } from './resource.ts';
import { type ApiServerAccess, Transport, type TransportRequest } from './transport.ts';

export interface RequestsOptions {
  /** client-node's KubeConfig. */
  readonly access: ApiServerAccess;
  /** How long one request may take, its answer included; of a watch, until it begins. @default 10000 */
  readonly requestTimeoutMs?: number;
  /** @default 20 requests a second, 40 at once */
  readonly limiter?: RateLimiter;
  /** Told of each request when its answer begins: the status, 0 for no answer. */
  readonly onRequest?: (asked: Asked, status: number) => void;
}

/** What is asked of the API server. */
export interface Call extends Pick<TransportRequest, 'method' | 'query' | 'body' | 'contentType'> {
  readonly resource: Resource;
  /** As RBAC names it. */
  readonly verb: string;
  readonly subresource?: string | undefined;
  readonly at: Partial<ObjectName>;
  readonly signal: AbortSignal;
}

/** All methods throw a KubernetesError that names the failure, or StoppingError when the call's signal aborts. */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #transport: Transport;
  readonly #limiter: RateLimiter;
  readonly #timeoutMs: number;

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#transport = new Transport(options.access);
    this.#limiter = options.limiter ?? new RateLimiter();
    this.#timeoutMs = options.requestTimeoutMs ?? 10_000;
  }

  /** Asks, and reads the answer. */
  json<R>(call: Call): Promise<R> {
    return this.#attempt(call, async (signal) => JSON.parse(await text(await this.#send(call, signal))) as R);
  }

  /** Asks, and returns when the answer begins; the call's signal ends it. */
  async open(call: Call): Promise<IncomingMessage> {
    const opening = new AbortController();
    return this.#attempt(call, (timeLimit) => {
      const expire = (): void => opening.abort();
      timeLimit.addEventListener('abort', expire, { once: true });
      // The call's signal goes on to end the answer; a watch makes one for itself, so that nothing is left with others.
      const sent = this.#send(call, AbortSignal.any([call.signal, opening.signal]));
      return sent.finally(() => timeLimit.removeEventListener('abort', expire));
    });
  }

  /** Names what went wrong while an answer was read. */
  explain(error: unknown, call: Call): unknown {
    if (call.signal.aborted) return new StoppingError();
    if (error instanceof KubernetesError || error instanceof StoppingError) return error;
    const what = `can't ${describeRequest(askedOf(call))}`;
    // Such an error may quote the answer, and that may be a Secret.
    if (error instanceof SyntaxError) return new TransientError(`${what}: the answer is not JSON`);
    return new TransientError(`${what}: ${reasonOf(error)}`);
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.#transport.close();
  }

  async #attempt<R>(call: Call, work: (signal: AbortSignal) => Promise<R>): Promise<R> {
    await this.#limiter.take(call.signal);
    const limit = limitTime(this.#timeoutMs, call.signal);
    try {
      return await work(limit.signal);
    } catch (error) {
      if (call.signal.aborted || error instanceof KubernetesError || !limit.expired) throw this.explain(error, call);
      throw new TransientError(`can't ${describeRequest(askedOf(call))}: no answer within ${this.#timeoutMs} ms`);
    } finally {
      limit.clear();
    }
  }

  /** @returns the answer, when it is one of success */
  async #send(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const asked = askedOf(call);
    let status = 0;
    try {
      const path = pathOf(call.resource, call.at, call.subresource);
      const response = await this.#transport.send({ ...call, path, signal });
      status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return response;
      const failure = classifyFailure(asked, status, await text(response), response.headers['retry-after']);
      if (failure instanceof ThrottledError) this.#limiter.holdFor(failure.retryAfterMs);
      throw failure;
    } finally {
      this.#options.onRequest?.(asked, status);
    }
  }
}

export const askedOf = ({ resource, verb, subresource, at }: Call): Asked => ({
  verb,
  resource,
  subresource,
  key: at.name === undefined ? (at.namespace ?? '') : keyOf({ ...at, name: at.name }),
});
