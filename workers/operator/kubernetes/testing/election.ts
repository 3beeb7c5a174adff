// An election among candidates of this process, and all that happened to them.
import { expect } from 'vitest';
import { waitFor } from '../../../../local/wait.ts';
import { type Line, recordingLog } from '../../../runtime/testing/log.ts';
import { type Clock, SYSTEM_CLOCK } from '../clock.ts';
import { LeaderElector, type LeaderElectorOptions, LeadershipLostError } from '../leader-election.ts';
import type { ObjectName } from '../object.ts';

/** Short, since tests wait for it to run out, but long enough for a busy machine to renew in. */
export const TIMING = { leaseDurationMs: 6_000, renewDeadlineMs: 4_000, retryPeriodMs: 250 };
/** Where nothing is to run out: however busy the machine is, whoever leads next does so because the Lease was given up. */
export const LASTING = { leaseDurationMs: 90_000, renewDeadlineMs: 70_000, retryPeriodMs: 250 };
export const SOON_MS = 60_000;

/** What happened to a candidate. */
export interface Moment {
  readonly who: string;
  readonly what: 'leads' | 'lost' | 'told to stop';
  readonly atMs: number;
}

export interface Candidate {
  readonly elector: LeaderElector;
  readonly lines: readonly Line[];
  readonly stop: AbortController;
  /** Settles when it is no candidate any more. */
  readonly ran: Promise<void>;
}

export class Election {
  /** In the order of all that happened. */
  readonly moments: Moment[] = [];
  readonly #lease: Required<ObjectName>;
  readonly #candidates: Candidate[] = [];

  constructor(lease: Required<ObjectName>) {
    this.#lease = lease;
  }

  /** Adds one that wants to lead. @param options.until what its work still waits for when it was told to stop */
  candidate(
    who: string,
    client: LeaderElectorOptions['client'],
    options: { readonly clock?: Clock; readonly until?: Promise<void>; readonly timing?: typeof TIMING } = {},
  ): Candidate {
    const { log, lines } = recordingLog();
    const { clock = SYSTEM_CLOCK, until, timing = TIMING } = options;
    const elector = new LeaderElector({ ...timing, ...this.#lease, client, log, clock, identity: who });
    const note = (what: Moment['what']) => this.moments.push({ who, what, atMs: performance.now() });
    const stop = new AbortController();
    const ran = elector.run(stop.signal, async (leading) => {
      note('leads');
      await new Promise<void>((resolve) => leading.addEventListener('abort', () => resolve(), { once: true }));
      note(leading.reason instanceof LeadershipLostError ? 'lost' : 'told to stop');
      await until;
    });
    const candidate = { elector, lines, stop, ran };
    this.#candidates.push(candidate);
    return candidate;
  }

  /** Who has led, in order. */
  get leaders(): string[] {
    return this.moments.filter(({ what }) => what === 'leads').map(({ who }) => who);
  }

  leader(count: number): Promise<string> {
    return waitFor(`leader number ${count}`, SOON_MS, () => this.leaders[count - 1]);
  }

  /** Stops all, and checks that no two ever led at once: every leader has stopped before the next led. */
  async end(): Promise<void> {
    for (const { stop } of this.#candidates) stop.abort();
    await Promise.all(this.#candidates.map(({ ran }) => ran));
    let current: string | undefined;
    for (const { who, what } of this.moments) {
      if (what === 'leads') expect(current, `who leads when ${who} begins to`).toBeUndefined();
      current = what === 'leads' ? who : undefined;
    }
  }
}
