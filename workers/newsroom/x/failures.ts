// What the next requests to an endpoint are answered with instead of what they ask for.
import type { Endpoint } from './exchange.ts';

/** What the next requests to an endpoint are answered with, whatever they ask. */
export interface Failure {
  /** `reset` breaks the connection off without an answer. */
  readonly status: number | 'reset';
  /** @default 1 */
  readonly times?: number;
  /** Besides the rate limit's; of a 429 nothing remains. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default the API's own for the status */
  readonly body?: object;
}

/** Failures still to come, by endpoint; several follow each other. */
export class Failures {
  readonly #queues = new Map<Endpoint, { readonly failure: Failure; left: number }[]>();

  add(endpoint: Endpoint, failure: Failure): void {
    const queue = this.#queues.get(endpoint) ?? [];
    this.#queues.set(endpoint, [...queue, { failure, left: failure.times ?? 1 }]);
  }

  /** Takes the next one. */
  take(endpoint: Endpoint): Failure | undefined {
    const queue = this.#queues.get(endpoint);
    const first = queue?.[0];
    if (!queue || !first) return undefined;
    first.left--;
    if (first.left <= 0) queue.shift();
    return first.failure;
  }

  clear(): void {
    this.#queues.clear();
  }
}
