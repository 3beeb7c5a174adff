// The life of a worker process: settings, log, metrics, signals, and an exit code that says how it ended.

import { integer, type Option, oneOf, readEnvironment, type Settings, text } from './environment.ts';
import { FatalError, reasonOf, StoppingError } from './errors.ts';
import { createLogger, LOG_LEVELS, type Logger } from './log.ts';
import { createRegistry, type Registry } from './metrics.ts';
import { NATS_OPTIONS } from './nats.ts';

/** How a process is told to end: first to take up nothing new, then, if that takes too long, to give up its work. */
export interface StopSignals {
  readonly stopping: AbortSignal;
  readonly abandoning: AbortSignal;
}

/** What every worker is started with. */
export interface ProcessContext<S> {
  readonly settings: S;
  readonly log: Logger;
  readonly registry: Registry;
  readonly stop: StopSignals;
}

/** Options of every process that runs to its end. */
export const TASK_OPTIONS = {
  /** Name of the worker, which is also its identity's. */
  worker: text('WORKER'),
  logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, { otherwise: 'info' }),
  /**
   * After a signal: work in hand may take half of it before it is given back, and at its end the process ends come what may.
   * Well within Kubernetes' default of 30 s.
   */
  graceMs: integer('GRACE_MS', 1_000, 3_600_000, { otherwise: 20_000 }),
} as const;

/** Where metrics and health are served; port 0 takes any that is free. */
export const HTTP_OPTIONS = {
  httpHost: text('HTTP_HOST', { otherwise: '127.0.0.1' }),
  httpPort: integer('HTTP_PORT', 0, 65_535, { otherwise: 0 }),
} as const;

/** Options of every process with a place in the pipeline. */
export const PROCESS_OPTIONS = { ...NATS_OPTIONS, ...TASK_OPTIONS, ...HTTP_OPTIONS } as const;

/** Runs a process with a place in the pipeline: see runTask. */
export function runProcess<Table extends Record<string, Option<unknown>>>(
  options: Table,
  run: (context: ProcessContext<Settings<Table & typeof PROCESS_OPTIONS>>) => Promise<void>,
): Promise<never> {
  return runTask({ ...PROCESS_OPTIONS, ...options }, (context) =>
    run(context as unknown as ProcessContext<Settings<Table & typeof PROCESS_OPTIONS>>),
  );
}

/**
 * Runs a process to its end and exits: 0 after SIGTERM or SIGINT or when the work is done, 1 when it failed, 2 when its
 * settings are wrong. A signal lets it finish what it has in hand.
 */
export async function runTask<Table extends Record<string, Option<unknown>>>(
  options: Table,
  run: (context: ProcessContext<Settings<Table & typeof TASK_OPTIONS>>) => Promise<void>,
): Promise<never> {
  let settings: Settings<Table & typeof TASK_OPTIONS>;
  try {
    settings = readEnvironment(process.env, { ...TASK_OPTIONS, ...options });
  } catch (error) {
    console.error(reasonOf(error));
    process.exit(2);
  }
  const { worker, logLevel, graceMs } = settings as unknown as Settings<typeof TASK_OPTIONS>;
  const log = createLogger(worker, logLevel);
  const stop = stopOnSignals(log, graceMs);
  try {
    log.info('started');
    await run({ settings, log, registry: createRegistry(worker), stop });
    log.info('stopped');
    process.exit(0);
  } catch (error) {
    if (error instanceof StoppingError) {
      log.info('stopped');
      process.exit(0);
    }
    // A fatal error explains itself; anything else is a bug, and its stack is what helps.
    const stack = error instanceof FatalError ? undefined : (error as Error | undefined)?.stack;
    log.error({ reason: reasonOf(error), stack }, 'failed');
    process.exit(1);
  }
}

function stopOnSignals(log: Logger, graceMs: number): StopSignals {
  const stopping = new AbortController();
  const abandoning = new AbortController();
  const stop = (signal: string): void => {
    if (stopping.signal.aborted) return;
    log.info({ signal }, 'stopping');
    stopping.abort();
    setTimeout(() => {
      log.warn('giving back what is not done');
      abandoning.abort();
    }, graceMs / 2).unref();
    setTimeout(() => {
      log.error(`still at work ${graceMs} ms after ${signal}, exiting`);
      process.exit(1);
    }, graceMs).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return { stopping: stopping.signal, abandoning: abandoning.signal };
}
