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

/** Options of every process. */
export const PROCESS_OPTIONS = {
  ...NATS_OPTIONS,
  /** Name of the worker, which is also its identity's. */
  worker: text('WORKER'),
  logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, { otherwise: 'info' }),
  /** Where metrics and health are served; port 0 takes any that is free. */
  httpHost: text('HTTP_HOST', { otherwise: '127.0.0.1' }),
  httpPort: integer('HTTP_PORT', 0, 65_535, { otherwise: 0 }),
} as const;

/** After a signal, how long work in hand may take before it is given back. */
const ABANDON_AFTER_MS = 10_000;
/** After a signal, when the process ends come what may; within Kubernetes' default grace period of 30 s. */
const EXIT_AFTER_MS = 20_000;

/**
 * Runs a process to its end and exits: 0 after SIGTERM or SIGINT or when the work is done, 1 when it failed, 2 when its
 * settings are wrong. A signal lets it finish what it has in hand.
 */
export async function runProcess<Table extends Record<string, Option<unknown>>>(
  options: Table,
  run: (context: ProcessContext<Settings<Table & typeof PROCESS_OPTIONS>>) => Promise<void>,
): Promise<never> {
  let settings: Settings<Table & typeof PROCESS_OPTIONS>;
  try {
    settings = readEnvironment(process.env, { ...PROCESS_OPTIONS, ...options });
  } catch (error) {
    console.error(reasonOf(error));
    process.exit(2);
  }
  const { worker, logLevel } = settings as unknown as Settings<typeof PROCESS_OPTIONS>;
  const log = createLogger(worker, logLevel);
  const stop = stopOnSignals(log);
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
    const stack = error instanceof FatalError ? undefined : (error as Error).stack;
    log.error({ reason: reasonOf(error), stack }, 'failed');
    process.exit(1);
  }
}

function stopOnSignals(log: Logger): StopSignals {
  const stopping = new AbortController();
  const abandoning = new AbortController();
  const stop = (signal: string): void => {
    if (stopping.signal.aborted) return;
    log.info({ signal }, 'stopping');
    stopping.abort();
    setTimeout(() => abandoning.abort(), ABANDON_AFTER_MS).unref();
    setTimeout(() => {
      log.error(`still at work ${EXIT_AFTER_MS} ms after ${signal}, exiting`);
      process.exit(1);
    }, EXIT_AFTER_MS).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return { stopping: stopping.signal, abandoning: abandoning.signal };
}
