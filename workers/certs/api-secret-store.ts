// Secrets of one namespace, kept by the API server. What may pass is tried again, and what it refuses is fatal.
import { ApiException, type ConfigurationOptions, type CoreV1Api, Observable } from '@kubernetes/client-node';
import { MANAGED_LABELS, type Secret } from '../../certs/secrets.ts';
import { FatalError, reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log.ts';
import { persist } from '../runtime/retry.ts';
import { withinTime } from '../runtime/time-limit.ts';
import type { SecretStore } from './secret-store.ts';

export interface ApiSecretStoreOptions {
  readonly api: CoreV1Api;
  readonly namespace: string;
  readonly log: Logger;
  /** Ends every wait. */
  readonly signal: AbortSignal;
  /** Told of each failure that may pass. */
  readonly onFailure?: (error: unknown) => void;
  /** How long one request may take. @default 10000 */
  readonly requestTimeoutMs?: number;
}

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const CONFLICT = 409;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** What the API server answered. */
class RefusalError extends Error {
  override readonly name = 'RefusalError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The client's own errors are never passed on: they may quote what was answered. */
export class ApiSecretStore implements SecretStore {
  readonly #api: CoreV1Api;
  readonly #options: ApiSecretStoreOptions;

  constructor(options: ApiSecretStoreOptions) {
    this.#api = options.api;
    this.#options = options;
  }

  async get(name: string): Promise<Secret | undefined> {
    const { namespace } = this.#options;
    try {
      const { data, type } = await this.#request(`get the Secret ${name}`, (options) =>
        this.#api.readNamespacedSecret({ name, namespace }, options),
      );
      return {
        name,
        type: type ?? 'Opaque',
        data: mapValues(data, (value) => Buffer.from(value, 'base64').toString()),
      };
    } catch (error) {
      if (error instanceof RefusalError && error.code === NOT_FOUND) return undefined;
      throw this.#explain(error, `get the Secret ${name}`, `"get" on secrets named ${name}`);
    }
  }

  async create({ name, type, data }: Secret): Promise<boolean> {
    const { namespace } = this.#options;
    const body = {
      metadata: { name, labels: MANAGED_LABELS },
      type,
      data: mapValues(data, (value) => Buffer.from(value).toString('base64')),
    };
    try {
      await this.#request(`create the Secret ${name}`, (options) =>
        this.#api.createNamespacedSecret({ namespace, body }, options),
      );
      return true;
    } catch (error) {
      if (error instanceof RefusalError && error.code === CONFLICT) return false;
      throw this.#explain(error, `create the Secret ${name}`, '"create" on secrets');
    }
  }

  #request<T>(what: string, send: (options: ConfigurationOptions) => Promise<T>): Promise<T> {
    const { log, signal, requestTimeoutMs = 10_000 } = this.#options;
    return persist(
      async () => {
        try {
          return await withinTime(requestTimeoutMs, signal, (limited) => send(withSignal(limited)));
        } catch (error) {
          throw readable(error, requestTimeoutMs);
        }
      },
      {
        signal,
        retryable: mayPass,
        onFailure: (error, attempts) => {
          // A request that ended because of the signal says nothing of the API server.
          if (signal.aborted) return;
          this.#options.onFailure?.(error);
          log.warn({ attempts, reason: reasonOf(error) }, `can't ${what} yet`);
        },
      },
    );
  }

  #explain(error: unknown, what: string, permission: string): unknown {
    if (!(error instanceof RefusalError)) return error;
    const { namespace } = this.#options;
    const refusal = `the API server refuses to ${what} in namespace ${namespace} (${error.code}: ${error.message})`;
    switch (error.code) {
      case UNAUTHORIZED:
        return new FatalError(`${refusal}: it does not accept the token or certificate of this process`);
      case FORBIDDEN:
        return new FatalError(`${refusal}: the service account needs a Role that allows ${permission}`);
      case NOT_FOUND:
        return new FatalError(`${refusal}: create the namespace first, or set NAMESPACE to the one that is meant`);
      default:
        return new FatalError(refusal);
    }
  }
}

const mayPass = (error: unknown): boolean =>
  !(error instanceof RefusalError) || error.code === TOO_MANY_REQUESTS || error.code >= SERVER_ERROR;

/** The client itself has no time-outs. */
const withSignal = (signal: AbortSignal): ConfigurationOptions => ({
  middleware: [
    {
      pre: (request) => {
        request.setSignal(signal);
        return new Observable(Promise.resolve(request));
      },
      post: (response) => new Observable(Promise.resolve(response)),
    },
  ],
  middlewareMergeStrategy: 'append',
});

function readable(error: unknown, timeoutMs: number): Error {
  if (error instanceof ApiException) return new RefusalError(error.code, statusMessage(error.body));
  if (error instanceof Error && error.name === 'AbortError') return new Error(`no answer within ${timeoutMs} ms`);
  // Such an error may quote the answer, and that may be a Secret.
  if (error instanceof SyntaxError) return new Error('the answer is not JSON');
  return new Error(reasonOf(error));
}

/** The message of a Status, which is what the API server answers when it refuses. */
function statusMessage(body: unknown): string {
  try {
    const { message } = (typeof body === 'string' ? JSON.parse(body) : body) as { message?: unknown };
    return typeof message === 'string' ? message : 'no reason given';
  } catch {
    return 'no reason given';
  }
}

const mapValues = (
  record: Readonly<Record<string, string>> = {},
  map: (value: string) => string,
): Record<string, string> => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
