// Asks the X API over HTTP: JSON requests with their limits, and the head of the stream.
import type { Readable } from 'node:stream';
import { Agent, request as send } from 'undici';
import { withinTime } from '../runtime/time-limit.ts';
import { ApiError, readHttpProblem } from './problems.ts';

/**
 * What may be buffered between a response's headers and the first read. undici 7 ends the whole process when a server closes
 * a connection whose body waits to be read (nodejs/undici#5360), so a body never waits: this is more than one read of a
 * socket can bring, and from then on every byte is taken at once.
 */
const UNREAD_BYTES = 1_000_000;
const MAX_BODY_BYTES = 10_000_000;
const USER_AGENT = 'Newsjet/0.1 (filtered stream)';

/** Settings of the API's client. */
export interface ApiOptions {
  /** Such as `https://api.x.com`. */
  readonly baseUrl: string;
  /** For connecting, TLS included. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** For a JSON request as a whole. @default 30_000 */
  readonly requestTimeoutMs?: number;
}

/** What a request asks for; parameters that are undefined are left out. */
export interface ApiRequest {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Makes it a POST. */
  readonly body?: unknown;
  readonly token: string;
}

/** The API could not be reached, or the connection ended before its answer. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

export class XApi {
  readonly #agent: Agent;
  readonly #baseUrl: string;
  readonly #requestTimeoutMs: number;

  constructor(options: ApiOptions) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
    this.#agent = new Agent({
      connect: { timeout: options.connectTimeoutMs ?? 10_000 },
      // A connection serves one request: none fails because an idle one was closed meanwhile.
      pipelining: 0,
      // Whoever asks keeps time.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Asks for JSON.
   * @throws {ApiError} when the answer is no success
   * @throws {NetworkError} when there is none in time
   */
  async json(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const text = await withinTime(this.#requestTimeoutMs, signal, async (limited) => {
      const { body } = await this.open(request, limited);
      return readText(body).catch((error) => {
        throw new NetworkError(`${request.path}: ${describeFailure(error)}`);
      });
    });
    try {
      return JSON.parse(text);
    } catch {
      throw new NetworkError(`${request.path}: the answer is not JSON`);
    }
  }

  /**
   * Makes a request and returns its body, unread: whoever calls this must listen to it at once.
   * @throws {ApiError} when the answer is no success
   * @throws {NetworkError} when there is none
   */
  async open({ path, query = {}, body, token }: ApiRequest, signal: AbortSignal): Promise<{ readonly body: Readable }> {
    const url = new URL(this.#baseUrl + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    let response: Awaited<ReturnType<typeof send>>;
    try {
      response = await send(url, {
        dispatcher: this.#agent,
        signal,
        highWaterMark: UNREAD_BYTES,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'user-agent': USER_AGENT,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
    } catch (error) {
      throw new NetworkError(`${path}: ${describeFailure(error)}`);
    }
    const { statusCode: status, headers } = response;
    if (status >= 200 && status < 300) return { body: response.body };
    const text = await readText(response.body).catch(() => '');
    const parsed = parseJson(text);
    throw new ApiError(readHttpProblem(path, status, headers, parsed), parsed);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** Reads a body as fast as it comes, up to the cap. */
function readText(body: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    body.on('data', (chunk: Uint8Array) => {
      bytes += chunk.byteLength;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else body.destroy(new Error(`the answer is larger than ${MAX_BODY_BYTES} bytes`));
    });
    body.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    body.on('error', reject);
    body.once('close', () => reject(new Error('the connection was closed before the end of the answer')));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  TimeoutError: 'no answer in time',
};

/** Says why a request failed, without what a foreign message may repeat. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'failed for an unknown reason';
  const cause = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
  if (SENTENCES[code]) return SENTENCES[code];
  return code === 'Error' ? cause.message : `failed (${code})`;
}
