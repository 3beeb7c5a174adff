// A plain client of the simulator, which keeps every chunk as it came.
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { vi } from 'vitest';

export const DEADLINE_MS = 20_000;

/** Asks until a condition is true. */
export const until = (condition: () => boolean): Promise<boolean> =>
  vi.waitUntil(condition, { timeout: DEADLINE_MS, interval: 5 });

/** An object of the stream. */
export interface StreamObject {
  readonly data?: { readonly id: string; readonly text: string; readonly edit_history_tweet_ids: readonly string[] };
  readonly includes?: { readonly users?: readonly object[]; readonly tweets?: readonly { readonly text: string }[] };
  readonly matching_rules?: readonly { readonly id: string; readonly tag?: string }[];
  readonly errors?: readonly object[];
}

/** An open stream, or what was answered instead. */
export class Stream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly chunks: Buffer[] = [];
  /** How it ended; undefined while it has not. */
  ended: 'clean' | 'broken' | undefined;
  readonly #response: IncomingMessage;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.on('data', (chunk: Buffer) => this.chunks.push(chunk));
    response.on('error', () => undefined);
    response.on('close', () => {
      this.ended = response.complete ? 'clean' : 'broken';
    });
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  /** Lines that hold nothing. */
  get keepAlives(): number {
    return this.text
      .split('\r\n')
      .slice(0, -1)
      .filter((line) => line === '').length;
  }

  /** Everything received that is complete. */
  get objects(): readonly StreamObject[] {
    const lines = this.text.split('\r\n').slice(0, -1);
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as StreamObject);
  }

  get ids(): readonly (string | undefined)[] {
    return this.objects.map(({ data }) => data?.id);
  }

  /** Reads no more. */
  pause(): void {
    this.#response.pause();
  }

  async close(): Promise<void> {
    this.#response.destroy();
    await until(() => this.ended !== undefined);
  }
}

/** Connects to the stream. @param query such as `?tweet.fields=lang` */
export function connect(url: string, query = '', token = 'newsroom'): Promise<Stream> {
  return new Promise((resolve, reject) => {
    request(`${url}/2/tweets/search/stream${query}`, { headers: { authorization: `Bearer ${token}` }, agent: false })
      .on('response', (response) => resolve(new Stream(response)))
      .on('error', reject)
      .end();
  });
}

/** The answer to a plain request. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at all kinds of answers, and compare what they find
  readonly body: any;
}

/** Asks for a path, with the token unless headers are given. */
export async function ask(url: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url + path, { headers: { authorization: 'Bearer newsroom' }, ...init });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Posts a change of rules. */
export const changeRules = (url: string, change: unknown, query = ''): Promise<Answer> =>
  ask(url, `/2/tweets/search/stream/rules${query}`, { method: 'POST', body: JSON.stringify(change) });
