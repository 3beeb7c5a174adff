// One open connection to the filtered stream.
import type { ServerResponse } from 'node:http';
import { ByteCutter, type Pieces } from './byte-cutter.ts';
import type { Selection } from './fields.ts';
import type { Post } from './post.ts';
import { writePosts } from './post-object.ts';
import { DISCONNECTS } from './problems.ts';

/** How a connection is served. */
export interface ConnectionOptions {
  readonly selection: Selection;
  readonly keepAliveMs: number;
  readonly pieces: Pieces;
  /** A reader that leaves so many bytes unread is disconnected. */
  readonly maxUnreadBytes: number;
}

const SEPARATOR = '\r\n';

export class StreamConnection {
  readonly #response: ServerResponse;
  readonly #options: ConnectionOptions;
  readonly #cutter: ByteCutter;
  #keepAlive: NodeJS.Timeout | undefined;
  #silent = false;

  /** Takes over a response whose head is written. */
  constructor(response: ServerResponse, options: ConnectionOptions) {
    this.#response = response;
    this.#options = options;
    this.#cutter = new ByteCutter(options.pieces, (bytes) => response.write(bytes));
    response.socket?.setNoDelay(true);
    response.flushHeaders();
    response.once('close', () => clearTimeout(this.#keepAlive));
    this.#awaitKeepAlive();
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  /** Sends a post with the rules that it matches. */
  send(post: Post, matchingRules: readonly object[]): void {
    const { data, includes } = writePosts([post], this.#options.selection);
    this.#write({ data: data[0], ...(includes ? { includes } : {}), matching_rules: matchingRules });
    if (this.#response.writableLength > this.#options.maxUnreadBytes) this.#dropReader();
  }

  /** A reader that reads too slowly would never get to the end of a stream that is closed in good order. */
  #dropReader(): void {
    this.#write({ errors: [DISCONNECTS.slow] });
    this.break();
  }

  /** Sends nothing more, keep-alives neither, and stays open. */
  goSilent(): void {
    this.#silent = true;
    clearTimeout(this.#keepAlive);
  }

  /** Closes in good order. @param error is sent before */
  end(error?: object): void {
    if (error) this.#write({ errors: [error] });
    this.#cutter.flush();
    this.#response.end();
  }

  /** Breaks the connection off. @param beginning of an object that is never finished, sent before */
  break(beginning = ''): void {
    this.#cutter.flush();
    if (beginning === '') this.#response.destroy();
    else this.#response.write(beginning, () => this.#response.destroy());
  }

  #write(object: object): void {
    this.#writeText(JSON.stringify(object) + SEPARATOR);
  }

  #writeText(text: string): void {
    if (this.#silent || !this.isOpen) return;
    this.#cutter.write(Buffer.from(text));
    this.#awaitKeepAlive();
  }

  #awaitKeepAlive(): void {
    clearTimeout(this.#keepAlive);
    this.#keepAlive = setTimeout(() => this.#writeText(SEPARATOR), this.#options.keepAliveMs);
  }
}
