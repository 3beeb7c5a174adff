// How many replicas a Deployment was to have, and how many were ready, from moment to moment.
import { setTimeout as delay } from 'node:timers/promises';
import type { Kubectl } from '../../../kind/kubectl.ts';

/** A watch that ended, for example with its API server, begins again after so long. */
const PAUSE_MS = 500;

/** A moment, in seconds since what is recorded began; negative before. */
interface Moment {
  readonly seconds: number;
  readonly wanted: number;
  readonly ready: number;
}

/** Watches a Deployment until it is stopped. */
export class ReplicaRecord {
  readonly #kubectl: Kubectl;
  readonly #deployment: string;
  readonly #moments: Moment[] = [];
  readonly #ending = new AbortController();
  readonly #watching: Promise<void>;
  #beganAt = Number.POSITIVE_INFINITY;
  #start: Moment | undefined;

  constructor(kubectl: Kubectl, deployment: string) {
    this.#kubectl = kubectl;
    this.#deployment = deployment;
    this.#watching = this.#watch();
  }

  /** Counts time from now on, and replicas from those that there are. */
  begin(): void {
    this.#beganAt = performance.now();
    this.#start = this.last;
  }

  /** When more replicas were first wanted than at the beginning: when that was known here, which is later than it was so. */
  get decidedSeconds(): number | undefined {
    return this.#first(({ wanted }, start) => wanted > start.wanted);
  }

  /** When more replicas were first ready than at the beginning. */
  get readySeconds(): number | undefined {
    return this.#first(({ ready }, start) => ready > start.ready);
  }

  /** The most that were wanted at once. */
  get most(): number {
    return Math.max(...this.#moments.map(({ wanted }) => wanted));
  }

  get last(): Moment | undefined {
    return this.#moments.at(-1);
  }

  /** How often it went up after it had gone down. */
  get flaps(): number {
    const wanted = this.#moments.map((moment) => moment.wanted);
    const changes = wanted.slice(1).map((count, index) => Math.sign(count - (wanted[index] as number)));
    const moves = changes.filter((change) => change !== 0);
    return moves.filter((move, index) => move > 0 && moves[index - 1] === -1).length;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#watching;
  }

  #first(is: (moment: Moment, start: Moment) => boolean): number | undefined {
    const start = this.#start;
    return start && this.#moments.find((moment) => moment.seconds >= 0 && is(moment, start))?.seconds;
  }

  async #watch(): Promise<void> {
    const path = 'jsonpath={.spec.replicas} {.status.readyReplicas}{"\\n"}';
    const { signal } = this.#ending;
    const onOutput = (line: string): void => this.#note(line);
    while (!signal.aborted) {
      const watch = ['get', 'deployment', this.#deployment, '--watch', '--output', path];
      // While the API server is away there is nothing to note.
      await this.#kubectl.run(watch, { signal, onOutput }).catch(() => {});
      await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
    }
  }

  #note(line: string): void {
    const seconds = (performance.now() - this.#beganAt) / 1_000;
    const [wanted, ready] = line.split(' ').map(Number);
    if (wanted !== undefined) this.#moments.push({ seconds, wanted, ready: ready ?? 0 });
  }
}
