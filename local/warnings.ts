// What the terminal of a run shows of its workers' logs: warnings and errors, the same one only now and then.
import type { LogFollower } from './log-follower.ts';
import { formatLogLine, isAtLeast } from './log-line.ts';

/** A line that was shown is not shown again within this time. */
const SILENCE_MS = 60_000;

/** The warnings of a run. */
export class Warnings {
  readonly #follower: Pick<LogFollower, 'read'>;
  readonly #now: () => number;
  /** By line without its time: when it was last shown. */
  readonly #shown = new Map<string, { readonly at: number; repeats: number }>();

  constructor(follower: Pick<LogFollower, 'read'>, now: () => number = Date.now) {
    this.#follower = follower;
    this.#now = now;
  }

  /** Lines to show now. */
  async next(color: boolean): Promise<string[]> {
    const now = this.#now();
    const lines: string[] = [];
    for (const line of await this.#follower.read((candidate) => isAtLeast(candidate, 'warn'))) {
      const key = formatLogLine({ ...line, time: '' }, { brief: true });
      const last = this.#shown.get(key);
      if (last && now - last.at < SILENCE_MS) {
        last.repeats++;
        continue;
      }
      this.#shown.set(key, { at: now, repeats: 0 });
      lines.push(
        `${formatLogLine(line, { brief: true, color })}${last?.repeats ? ` (${last.repeats} more since)` : ''}`,
      );
    }
    for (const [key, { at }] of this.#shown) if (now - at > 10 * SILENCE_MS) this.#shown.delete(key);
    return lines;
  }
}
