// Fetches a feed: a conditional GET within limits of size, time and redirects, to addresses that are allowed.
import { setMaxListeners } from 'node:events';
import { STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';
import { Agent, errors, request as send } from 'undici';
import { type AddressPolicy, guardedConnector } from './address-guard.ts';
import { BodyTooLargeError, contentEncodings, readBody } from './body.ts';
import { decodeText } from './charset.ts';
import { Deadline } from './deadline.ts';
import { describeAddress, describeFailure } from './failure-reason.ts';
import { InvalidAddressError, resolveAddress } from './feed-address.ts';
import type { FetchOutcome, FetchRequest } from './fetch-outcome.ts';
import { HostLimit } from './host-limit.ts';
import { receive, UNREAD_BYTES } from './receive.ts';
import { isRedirect, RedirectTrail } from './redirect.ts';
import {
  cacheControlMaxAgeMs,
  headerValue,
  type ResponseHeaders,
  retryAfterMs,
  validatorValue,
} from './response-headers.ts';

export const DEFAULT_USER_AGENT = 'Newsjet/0.1 (feed reader)';

/** Limits of a fetch, and whom it says it is. */
export interface FetchOptions extends AddressPolicy {
  /** Cap on the bytes received and on the bytes after decompression. @default 10_000_000 */
  readonly maxBytes?: number;
  /** From the start of a connection until it is ready, name lookup and TLS included. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** From the start of a request until its response headers are complete. @default 20_000 */
  readonly firstByteTimeoutMs?: number;
  /** For all requests of a fetch together, without the time spent waiting for their turn at a host. @default 60_000 */
  readonly totalTimeoutMs?: number;
  /** @default 5 */
  readonly maxRedirects?: number;
  /** Requests at once to a host. @default 2 */
  readonly maxRequestsPerHost?: number;
  /** @default Newsjet/0.1 (feed reader) */
  readonly userAgent?: string;
  /** What `newsroom:/…` addresses are resolved against; null when there is no newsroom. */
  readonly newsroomUrl: string | null;
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: string;
}

/** A response that is no answer to what was asked. */
class UnexpectedResponseError extends Error {
  override readonly name = 'UnexpectedResponseError';
}

const ACCEPT =
  'application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, ' +
  'application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1';

/** Fetches feeds; keeps a limit on requests per host over all fetches of one instance. */
export class Fetcher {
  readonly #agent: Agent;
  readonly #hosts: HostLimit;
  readonly #options: Required<Omit<FetchOptions, keyof AddressPolicy | 'ca'>>;

  constructor(options: FetchOptions) {
    this.#options = {
      maxBytes: options.maxBytes ?? 10_000_000,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      firstByteTimeoutMs: options.firstByteTimeoutMs ?? 20_000,
      totalTimeoutMs: options.totalTimeoutMs ?? 60_000,
      maxRedirects: options.maxRedirects ?? 5,
      maxRequestsPerHost: options.maxRequestsPerHost ?? 2,
      userAgent: options.userAgent ?? DEFAULT_USER_AGENT,
      newsroomUrl: options.newsroomUrl,
    };
    this.#hosts = new HostLimit(this.#options.maxRequestsPerHost);
    this.#agent = new Agent({
      connect: guardedConnector(options, this.#options.connectTimeoutMs, options.ca),
      // A connection serves one request: every poll is checked anew, and none fails because an idle one was closed.
      pipelining: 0,
      // Both limits are kept by Deadline, which knows of redirects.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Fetches one feed. Whatever the network or the server does is an outcome, never an error.
   * @throws {DOMException} named AbortError, when the signal aborts
   */
  async fetch(request: FetchRequest, signal: AbortSignal): Promise<FetchOutcome> {
    // One signal serves every fetch of a worker; more than ten listeners on it are no leak.
    setMaxListeners(0, signal);
    let trail: RedirectTrail | null = null;
    try {
      signal.throwIfAborted();
      trail = new RedirectTrail(resolveAddress(request.url, this.#options.newsroomUrl), this.#options.maxRedirects);
      return await this.#followTrail(request, trail, signal);
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      if (error instanceof InvalidAddressError) return { kind: 'failed', reason: error.message };
      return { kind: 'failed', reason: `${where(request, trail)}: ${this.#describe(error)}` };
    }
  }

  /** Ends every connection; a fetch that still runs comes to a failed outcome. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #followTrail(request: FetchRequest, trail: RedirectTrail, signal: AbortSignal): Promise<FetchOutcome> {
    const { origin } = trail.url;
    let credentials = authorization(trail.url);
    let budgetMs = this.#options.totalTimeoutMs;
    for (;;) {
      // The place at a host is given back before the next hop, so that hops never wait for each other.
      const outcome = await this.#hosts.run(trail.url.hostname, signal, async () => {
        const startedAt = performance.now();
        try {
          return await this.#hop(request, trail, credentials, budgetMs, signal);
        } finally {
          budgetMs -= performance.now() - startedAt;
        }
      });
      if (outcome !== null) return outcome;
      // Once elsewhere, a way back does not bring the credentials back.
      if (trail.url.origin !== origin) credentials = null;
    }
  }

  /** Makes one request; null when it led on to another address. */
  async #hop(
    request: FetchRequest,
    trail: RedirectTrail,
    credentials: string | null,
    budgetMs: number,
    signal: AbortSignal,
  ): Promise<FetchOutcome | null> {
    const { firstByteTimeoutMs, totalTimeoutMs } = this.#options;
    const deadline = new Deadline(signal);
    deadline.limit(budgetMs, `took longer than ${totalTimeoutMs} ms`);
    const firstByteInTime = deadline.limit(firstByteTimeoutMs, `sent no response within ${firstByteTimeoutMs} ms`);
    try {
      const response = await send(requestUrl(trail.url), {
        dispatcher: this.#agent,
        signal: deadline.signal,
        highWaterMark: UNREAD_BYTES,
        headers: {
          accept: ACCEPT,
          'accept-encoding': 'gzip, deflate, br',
          'user-agent': this.#options.userAgent,
          ...(request.etag === null ? {} : { 'if-none-match': request.etag }),
          ...(request.lastModified === null ? {} : { 'if-modified-since': request.lastModified }),
          ...(credentials === null ? {} : { authorization: credentials }),
        },
      });
      firstByteInTime();
      try {
        return await this.#interpret(request, trail, response);
      } finally {
        // What was not read is not wanted; destroying it may be reported as an error once more.
        response.body.on('error', () => undefined).destroy();
      }
    } finally {
      deadline.close();
    }
  }

  async #interpret(
    request: FetchRequest,
    trail: RedirectTrail,
    response: { statusCode: number; headers: ResponseHeaders; body: Readable },
  ): Promise<FetchOutcome | null> {
    const { statusCode: status, headers } = response;
    const answered = `answered ${status}${STATUS_CODES[status] ? ` ${STATUS_CODES[status]}` : ''}`;
    if (isRedirect(status)) {
      trail.follow(status, headerValue(headers, 'location'));
      return null;
    }
    const fresh = {
      etag: validatorValue(headers, 'etag'),
      lastModified: validatorValue(headers, 'last-modified'),
      permanentRedirectTo: trail.permanentAddress,
      cacheControlMaxAgeMs: cacheControlMaxAgeMs(headerValue(headers, 'cache-control')),
    };
    if (status === 304) {
      if (request.etag === null && request.lastModified === null) {
        throw new UnexpectedResponseError(`${answered}, although nothing is known that could be unmodified`);
      }
      const { etag, lastModified } = request;
      return {
        kind: 'unchanged',
        ...fresh,
        etag: fresh.etag ?? etag,
        lastModified: fresh.lastModified ?? lastModified,
      };
    }
    // A temporary redirect may lead elsewhere tomorrow: only the feed's own word stops it for good.
    if (status === 410 && trail.allPermanent) return { kind: 'gone', reason: `${where(request, trail)}: ${answered}` };
    if (status === 429 || status === 503) {
      const waitMs = retryAfterMs(headerValue(headers, 'retry-after'), Date.now());
      const wish = waitMs === null ? '' : ` and asks to wait ${Math.ceil(waitMs / 1_000)} s`;
      return {
        kind: 'retryLater',
        status,
        retryAfterMs: waitMs,
        reason: `${where(request, trail)}: ${answered}${wish}`,
      };
    }
    const hasDocument = status >= 200 && status < 300 && status !== 204 && status !== 205 && status !== 206;
    if (!hasDocument) throw new UnexpectedResponseError(answered);
    const { maxBytes } = this.#options;
    const contentType = headerValue(headers, 'content-type');
    const encodings = contentEncodings(headerValue(headers, 'content-encoding'));
    if (Number(headerValue(headers, 'content-length')) > maxBytes) throw new BodyTooLargeError(maxBytes, 'declared');
    const { text } = decodeText(await readBody(receive(response.body, maxBytes), encodings, maxBytes), contentType);
    return { kind: 'document', status, body: text, contentType, finalUrl: requestUrl(trail.url).href, ...fresh };
  }

  #describe(error: unknown): string {
    if (error instanceof errors.ConnectTimeoutError) return `no connection within ${this.#options.connectTimeoutMs} ms`;
    return describeFailure(error);
  }
}

/** The address as it is asked for and shown: credentials travel in a header, a fragment not at all. */
function requestUrl(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  copy.hash = '';
  return copy;
}

function authorization(url: URL): string | null {
  if (url.username === '' && url.password === '') return null;
  const decode = (text: string) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  return `Basic ${Buffer.from(`${decode(url.username)}:${decode(url.password)}`).toString('base64')}`;
}

function where(request: FetchRequest, trail: RedirectTrail | null): string {
  const asked = describeAddress(request.url);
  return trail?.moved ? `${asked}, redirected to ${describeAddress(trail.url)}` : asked;
}

function abortError(signal: AbortSignal): Error {
  const { reason } = signal;
  if (reason instanceof Error && reason.name === 'AbortError') return reason;
  return new DOMException('the fetch was aborted', 'AbortError');
}
