// Sends requests to the API server, with the address and credentials of client-node's configuration. client-node's own
// request functions have no time-outs, make a connection a request, and drop fields that they do not know.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent, type RequestOptions as HttpsRequestOptions, request as httpsRequest } from 'node:https';

/** What is needed of client-node's KubeConfig. */
export interface ApiServerAccess {
  getCurrentCluster(): { readonly server: string } | null;
  /** Adds what proves who sends the request; tokens are read again when they are due. */
  applyToHTTPSOptions(options: HttpsRequestOptions): Promise<void>;
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute, encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Of the body. @default application/json */
  readonly contentType?: string;
  /** Ends the request, and the reading of its answer. */
  readonly signal: AbortSignal;
}

/** Connections that nobody used for so long are closed by us, before the API server or something between does it. */
const IDLE_MS = 20_000;
/** What a new connection depends on: when a certificate was renewed, old connections are not used for new requests. */
const CREDENTIALS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized'] as const;

export class Transport {
  readonly #access: ApiServerAccess;
  #agent: { readonly print: string; readonly agent: HttpAgent } | undefined;

  constructor(access: ApiServerAccess) {
    this.#access = access;
  }

  /**
   * Sends a request; returns as soon as the head of the answer is there.
   * @throws {Error} when there is no answer; an AbortError when the signal ended it
   */
  async send(request: TransportRequest): Promise<IncomingMessage> {
    const cluster = this.#access.getCurrentCluster();
    if (!cluster) throw new Error('the configuration names no current cluster');
    const url = new URL(cluster.server.replace(/\/+$/, '') + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const options: HttpsRequestOptions = { method: request.method, signal: request.signal, headers: {} };
    await this.#access.applyToHTTPSOptions(options);
    options.agent = this.#agentFor(url, options);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    options.headers = {
      ...(options.headers as Record<string, string>),
      accept: 'application/json',
      'user-agent': 'newsjet-operator',
      ...(body !== undefined && {
        'content-type': request.contentType ?? 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      }),
    };
    try {
      return await exchange(url, options, body);
    } catch (error) {
      // The API server may close a connection that has just been taken out of the pool.
      if (request.method !== 'GET' || !(error instanceof StaleConnectionError)) throw error;
      return exchange(url, options, body);
    }
  }

  /** Closes connections that are not in use. */
  close(): void {
    this.#agent?.agent.destroy();
  }

  #agentFor(url: URL, options: HttpsRequestOptions): HttpAgent {
    const credentials = CREDENTIALS.map((name) => [name, options[name]] as const);
    const print = JSON.stringify(credentials);
    if (this.#agent?.print === print) return this.#agent.agent;
    // What runs on the old agent's connections may end; idle ones close by themselves.
    const settings = { keepAlive: true, timeout: IDLE_MS };
    const given = Object.fromEntries(credentials.filter(([, value]) => value !== undefined));
    const agent = url.protocol === 'http:' ? new HttpAgent(settings) : new Agent({ ...given, ...settings });
    this.#agent = { print, agent };
    return agent;
  }
}

/** A connection that was kept broke before anything of an answer came. */
class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}

function exchange(url: URL, options: RequestOptions, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const sent = send(url, options, resolve);
    sent.once('error', (error: NodeJS.ErrnoException) => {
      const stale = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(stale ? new StaleConnectionError(error.message, { cause: error }) : error);
    });
    sent.end(body);
  });
}
