// Keeps JetStream as declared for as long as this process leads: looks at intervals, and at once after a hint.
import type { NatsConnection } from 'nats';
import type { Logger } from '../../runtime/log.ts';
import type { Registry } from '../../runtime/metrics.ts';
import type { Publisher } from '../../runtime/publisher.ts';
import { pause } from '../../runtime/retry.ts';
import type { EventReport } from '../kubernetes/event-record.ts';
import { type Declared, passOnce } from './drift-pass.ts';
import { DriftReport } from './drift-report.ts';
import { FeedSweep, type Removable } from './feed-sweep.ts';
import { FeedWatch } from './feed-watch.ts';
import { listenForHints } from './hints.ts';

export interface DriftControlOptions {
  /** Of the operator's identity. */
  readonly connection: NatsConnection;
  readonly publisher: Pick<Publisher, 'publish'>;
  /** What is declared now; asked before each look. */
  readonly declared: () => Declared;
  /** Of which sources feeds that are not declared may be removed, as it is at this moment; see FeedSweep. */
  readonly removable: (signal: AbortSignal) => Promise<Removable>;
  /** Records an Event on the operator's Deployment. */
  readonly recordEvent: (report: EventReport) => void;
  readonly log: Logger;
  readonly registry: Registry;
  /** Time between looks. @default 10000 */
  readonly intervalMs?: number;
  /** Time to the next look when something did not answer. @default 2000 */
  readonly retryMs?: number;
  /**
   * How long a feed may be without schedule before it gets one. While a definition that names fewer feeds is rolled out, the
   * operator that leads may still have the old one. @default 60000
   */
  readonly feedPatienceMs?: number;
}

/** Patience with one answer: what has no leader does not answer, and is asked again soon. */
const ANSWER_TIMEOUT_MS = 2_000;
/** Hints come in bursts: one look serves those of so many milliseconds. */
const HINT_GAP_MS = 200;
/** While something does not answer, every so manieth look says so. */
const SAY_EVERY = 30;

export class DriftControl {
  readonly #options: DriftControlOptions;
  readonly #report: DriftReport;

  constructor(options: DriftControlOptions) {
    this.#options = options;
    this.#report = new DriftReport(options.log, options.registry, options.recordEvent);
  }

  /** Works until the signal aborts, which ends it without an error; call it again when this process leads again. */
  async run(signal: AbortSignal): Promise<void> {
    const { connection, publisher, removable, log } = this.#options;
    const { intervalMs = 10_000, retryMs = 2_000, feedPatienceMs = 60_000 } = this.#options;
    const manager = await connection.jetstreamManager({ checkAPI: false, timeout: ANSWER_TIMEOUT_MS });
    const feedWatch = new FeedWatch({ connection, manager, publisher, patienceMs: feedPatienceMs });
    const feedSweep = new FeedSweep({ manager, removable });
    let hint = new AbortController();
    // One listener for all waits: every AbortSignal.any would leave something with a signal that lives for long.
    const end = (): void => hint.abort();
    signal.addEventListener('abort', end);
    const hints = listenForHints(connection, log, (name) => {
      if (this.#isDeclared(name)) hint.abort();
    });
    let unanswered = 0;
    try {
      while (!signal.aborted) {
        hint = new AbortController();
        const tools = { connection, manager, feedWatch, feedSweep, report: this.#report };
        const waitsFor = await passOnce(tools, this.#options.declared(), signal);
        if (waitsFor === undefined) {
          if (unanswered > 0) log.info('JetStream answers again');
          unanswered = 0;
        } else if (unanswered++ % SAY_EVERY === 0) {
          log.warn({ reason: waitsFor }, 'JetStream does not answer for everything, looking again soon');
        }
        await pause(HINT_GAP_MS, signal);
        const waitMs = waitsFor === undefined ? intervalMs : retryMs;
        await pause(waitMs, hint.signal).catch(() => {});
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', end);
      hints.close();
      this.#report.clear();
    }
  }

  #isDeclared(name: string): boolean {
    const { streams, consumers } = this.#options.declared();
    return (
      streams.some((stream) => stream.name === name) ||
      consumers.some((consumer) => `${consumer.stream}/${consumer.name}` === name)
    );
  }
}
