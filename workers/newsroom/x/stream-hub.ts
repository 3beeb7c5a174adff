// The open streams: counted, sent to, and closed in every way that a stream can end.
import type { ServerResponse } from 'node:http';
import type { Post } from './post.ts';
import { DISCONNECTS, type DisconnectName } from './problems.ts';
import { type ConnectionOptions, StreamConnection } from './stream-connection.ts';

/** How a stream is closed: in good order, broken off, broken off inside a post, or in good order after an error object. */
export type Disconnect = 'clean' | 'abrupt' | 'torn' | { readonly error: DisconnectName | object };

/** How many streams there are and were. */
export interface ConnectionCounts {
  readonly open: number;
  readonly ever: number;
  readonly mostAtOnce: number;
}

const TORN_POST = '{"data":{"id":"1';

export class StreamHub {
  readonly #open = new Set<StreamConnection>();
  #ever = 0;
  #mostAtOnce = 0;

  get counts(): ConnectionCounts {
    return { open: this.#open.size, ever: this.#ever, mostAtOnce: this.#mostAtOnce };
  }

  /** Begins a stream on a response whose head is written. */
  add(response: ServerResponse, options: ConnectionOptions): StreamConnection {
    const connection = new StreamConnection(response, options);
    this.#open.add(connection);
    this.#ever++;
    this.#mostAtOnce = Math.max(this.#mostAtOnce, this.#open.size);
    response.once('close', () => this.#open.delete(connection));
    return connection;
  }

  send(post: Post, matchingRules: readonly object[]): void {
    for (const connection of this.#open) connection.send(post, matchingRules);
  }

  disconnect(how: Disconnect): void {
    for (const connection of this.#open) {
      // Whoever comes back at once must not meet the place still taken.
      this.#open.delete(connection);
      if (how === 'clean') connection.end();
      else if (how === 'abrupt') connection.break();
      else if (how === 'torn') connection.break(TORN_POST);
      else connection.end(typeof how.error === 'string' ? DISCONNECTS[how.error] : how.error);
    }
  }

  goSilent(): void {
    for (const connection of this.#open) connection.goSilent();
  }
}
