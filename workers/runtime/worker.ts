// Wires what workers share: a connection, JetStream, a publisher, probes, and an intake; and takes it all down in order.
import type { JetStreamClient, NatsConnection } from 'nats';
import { integer, type Option, type Settings, text } from './environment.ts';
import { FatalError } from './errors.ts';
import { Intake } from './intake.ts';
import { connectNats, drainNats, jetStream } from './nats.ts';
import { type Health, type Probes, serveProbes } from './probes.ts';
import { type PROCESS_OPTIONS, type ProcessContext, runProcess } from './process.ts';
import { Publisher } from './publisher.ts';
import { openSpanExport, SPAN_OPTIONS } from './span-export.ts';
import type { Spans } from './spans.ts';
import type { WorkOptions } from './work.ts';

/** Options of a worker that works off a consumer. */
export const CONSUMER_OPTIONS = {
  stream: text('STREAM'),
  consumer: text('CONSUMER'),
  batch: integer('BATCH', 1, 10_000),
  ackWaitMs: integer('ACK_WAIT_MS', 1_000, 3_600_000),
} as const;

type Common = typeof PROCESS_OPTIONS & typeof CONSUMER_OPTIONS;

/** What a connected worker works with. */
export interface ConnectedContext<S> extends ProcessContext<S> {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly publisher: Publisher;
  /** Undefined where nobody collects traces. */
  readonly spans: Spans | undefined;
  /** Has something closed when the work is over, however it ended, while the connection still stands; what came last first. */
  readonly onEnd: (close: () => Promise<void>) => void;
  /** Has /readyz say what the worker waits for before it can begin; undefined says that it has begun. @default undefined */
  readonly waitingFor: (what: string | undefined) => void;
}

/** What a pulling worker works with. */
export interface WorkerContext<S> extends Omit<ConnectedContext<S>, 'client' | 'onEnd'> {
  readonly intake: Intake;
  /** How the intake is worked off, but for the concurrency. */
  readonly work: Omit<WorkOptions, 'concurrency'>;
}

/**
 * Runs a worker with a connection and probes: see runProcess. It fails when the connection is closed for good, and drains it
 * at the end.
 */
export function runConnectedWorker<Table extends Record<string, Option<unknown>>>(
  options: Table,
  run: (context: ConnectedContext<Settings<Table & typeof PROCESS_OPTIONS>>) => Promise<void>,
): Promise<never> {
  return runProcess({ ...SPAN_OPTIONS, ...options }, async (process) => {
    const { log, registry, stop } = process;
    const settings = process.settings as unknown as Settings<typeof PROCESS_OPTIONS & typeof SPAN_OPTIONS>;
    const { worker, graceMs } = settings;
    const spanExport = await openSpanExport(settings, { worker, log, registry, graceMs });
    const connection = await connectNats(settings.worker, settings, log, stop.stopping);
    const client = jetStream(connection);
    const publisher = new Publisher(client, { maxBytes: connection.info?.max_payload ?? 1_048_576, log, registry });
    const ends: (() => Promise<void>)[] = [];
    const onEnd = (close: () => Promise<void>): void => void ends.unshift(close);
    let wait: string | undefined;
    const waitingFor = (what: string | undefined): void => {
      wait = what;
    };
    const health = (): Health =>
      connection.isClosed() ? { ok: false, reason: 'not connected' } : { ok: true, reason: 'ok' };
    const readiness = (): Health => (wait === undefined ? health() : { ok: false, reason: `waiting for ${wait}` });
    let probes: Probes | undefined;
    const work = async (): Promise<void> => {
      const { httpHost: host, httpPort: port } = settings;
      probes = await serveProbes({ host, port, registry, health, readiness });
      await run({ ...process, connection, client, publisher, spans: spanExport?.spans, onEnd, waitingFor });
    };
    try {
      await Promise.race([work(), failOnClose(connection)]);
    } finally {
      for (const close of ends) await close();
      await drainNats(connection, log);
      await spanExport?.close();
      probes?.close();
    }
  });
}

/** Runs a worker that works off a pull consumer: see runConnectedWorker. `run` returns when the intake hands out no more. */
export function runWorker<Table extends Record<string, Option<unknown>>>(
  options: Table,
  run: (context: WorkerContext<Settings<Table & Common>>) => Promise<void>,
): Promise<never> {
  return runConnectedWorker({ ...CONSUMER_OPTIONS, ...options }, async ({ client, onEnd, ...context }) => {
    const { log, registry, stop } = context;
    const { stream, consumer, batch, ackWaitMs } = context.settings as unknown as Settings<Common>;
    const intake = new Intake({ client, stream, consumer, batch, ackWaitMs, log, registry, stop });
    onEnd(() => intake.close());
    context.waitingFor(`the consumer ${stream}/${consumer}`);
    await intake.open();
    // What the worker says first comes before any probe: nothing is awaited in between.
    context.waitingFor(undefined);
    const settings = context.settings as unknown as Settings<Table & Common>;
    await run({ ...context, settings, intake, work: { stream, consumer, registry } });
  });
}

/** The client gives up for good only when the server refuses the identity time after time. */
async function failOnClose(connection: NatsConnection): Promise<never> {
  const cause = await connection.closed();
  throw new FatalError('the connection to NATS was closed for good', { cause });
}
