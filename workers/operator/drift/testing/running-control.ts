// A control of drift that runs in this process, and all that it said.
import type { NatsConnection } from 'nats';
import type { Topology } from '../../../contract/topology.ts';
import { Registry } from '../../../runtime/metrics.ts';
import { jetStream } from '../../../runtime/nats.ts';
import { Publisher } from '../../../runtime/publisher.ts';
import { type Line, recordingLog } from '../../../runtime/testing/log.ts';
import type { EventReport } from '../../kubernetes/event-record.ts';
import { DriftControl, type DriftControlOptions } from '../drift-control.ts';

/** Runs from its construction until it is stopped, over a connection that it then closes. */
export class RunningControl {
  readonly events: EventReport[] = [];
  readonly lines: Line[];
  readonly registry = new Registry();
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  readonly #connection: NatsConnection;

  constructor(connection: NatsConnection, declared: Topology, options: Partial<DriftControlOptions> = {}) {
    const { log, lines } = recordingLog();
    this.lines = lines;
    this.#connection = connection;
    const { registry } = this;
    const control = new DriftControl({
      connection,
      publisher: new Publisher(jetStream(connection), { maxBytes: 1_048_576, log, registry }),
      declared: () => declared,
      removable: async () => () => false,
      recordEvent: (report) => this.events.push(report),
      ...{ log, registry, intervalMs: 300, retryMs: 300 },
      ...options,
    });
    this.#ended = control.run(this.#stopping.signal);
  }

  /** Lines about what was looked at; that JetStream was late with an answer is no finding. */
  get findings(): Line[] {
    return this.lines.filter(({ msg }) => !msg.startsWith('JetStream '));
  }

  /** Events with a reason, as their notes. */
  notes(reason: string): string[] {
    return this.events.filter((event) => event.reason === reason).map(({ note }) => note);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
    await this.#connection.close();
  }
}
