// Keeps this process from asking one host for too much at once: tasks beyond the limit wait their turn.

interface Host {
  running: number;
  /** In order of arrival; each starts one task. */
  readonly waiting: Set<() => void>;
}

/** Limits how many tasks run at once for each host. */
export class HostLimit {
  readonly #limit: number;
  /** Only hosts with a running task are in here. */
  readonly #hosts = new Map<string, Host>();

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`host limit must be 1 or more, not ${limit}`);
    this.#limit = limit;
  }

  /** Hosts that are being asked at the moment. */
  get size(): number {
    return this.#hosts.size;
  }

  /**
   * Runs a task when it is its turn, first come first served; its place is free again however it ends.
   * @throws the signal's reason when it aborts before the turn came, and whatever the task throws
   */
  async run<T>(hostname: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    await this.#acquire(hostname, signal);
    try {
      return await task();
    } finally {
      this.#release(hostname);
    }
  }

  async #acquire(hostname: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const host = this.#hosts.get(hostname);
    if (!host) {
      this.#hosts.set(hostname, { running: 1, waiting: new Set() });
      return;
    }
    if (host.running < this.#limit) {
      host.running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        host.waiting.delete(start);
        reject(signal.reason);
      };
      host.waiting.add(start);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  #release(hostname: string): void {
    const host = this.#hosts.get(hostname) as Host;
    const [next] = host.waiting;
    if (next) {
      // The place passes on: `running` stays as it is.
      host.waiting.delete(next);
      next();
      return;
    }
    host.running -= 1;
    if (host.running === 0) this.#hosts.delete(hostname);
  }
}
