// Wires what every pulling worker has: a connection, JetStream, an intake, a publisher, probes; and takes it down in order.
import type { NatsConnection } from 'nats';
import { integer, type Option, type Settings, text } from './environment.ts';
import { FatalError } from './errors.ts';
import { Intake } from './intake.ts';
import { connectNats, drainNats, jetStream } from './nats.ts';
import { type Probes, serveProbes } from './probes.ts';
import { type PROCESS_OPTIONS, type ProcessContext, runProcess } from './process.ts';
import { Publisher } from './publisher.ts';
import type { WorkOptions } from './work.ts';

/** Options of a worker that works off a consumer. */
export const CONSUMER_OPTIONS = {
  stream: text('STREAM'),
  consumer: text('CONSUMER'),
  batch: integer('BATCH', 1, 10_000),
  ackWaitMs: integer('ACK_WAIT_MS', 1_000, 3_600_000),
} as const;

type Common = typeof PROCESS_OPTIONS & typeof CONSUMER_OPTIONS;

/** What a pulling worker works with. */
export interface WorkerContext<S> extends ProcessContext<S> {
  readonly connection: NatsConnection;
  readonly intake: Intake;
  readonly publisher: Publisher;
  /** How the intake is worked off, but for the concurrency. */
  readonly work: Omit<WorkOptions, 'concurrency'>;
}

/** Runs a worker that works off a pull consumer: see runProcess. `run` returns when the intake hands out no more. */
export function runWorker<Table extends Record<string, Option<unknown>>>(
  options: Table,
  run: (context: WorkerContext<Settings<Table & Common>>) => Promise<void>,
): Promise<never> {
  return runProcess({ ...CONSUMER_OPTIONS, ...options }, async (process) => {
    const { log, registry, stop } = process;
    const settings = process.settings as unknown as Settings<Common>;
    const { stream, consumer, batch, ackWaitMs } = settings;
    const connection = await connectNats(settings.worker, settings, log, stop.stopping);
    const client = jetStream(connection);
    const intake = new Intake({ client, stream, consumer, batch, ackWaitMs, log, registry, stop });
    const publisher = new Publisher(client, { maxBytes: connection.info?.max_payload ?? 1_048_576, log, registry });
    let probes: Probes | undefined;
    const work = async (): Promise<void> => {
      probes = await serveProbes({
        host: settings.httpHost,
        port: settings.httpPort,
        registry,
        health: () => (connection.isClosed() ? { ok: false, reason: 'not connected' } : { ok: true, reason: 'ok' }),
      });
      await intake.open();
      await run({
        ...process,
        settings: process.settings as unknown as Settings<Table & Common>,
        connection,
        intake,
        publisher,
        work: { stream, consumer, registry },
      });
    };
    try {
      await Promise.race([work(), failOnClose(connection)]);
    } finally {
      await intake.close();
      await drainNats(connection, log);
      probes?.close();
    }
  });
}

/** The client gives up for good only when the server refuses the identity time after time. */
async function failOnClose(connection: NatsConnection): Promise<never> {
  const cause = await connection.closed();
  throw new FatalError('the connection to NATS was closed for good', { cause });
}
