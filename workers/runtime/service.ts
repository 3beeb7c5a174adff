// The life of a process that only serves, with no place in the pipeline and so no connection to it.
import { EnvironmentError, type Option, readEnvironment, type Settings } from './environment.ts';
import { reasonOf } from './errors.ts';
import { createLogger, type Logger } from './log.ts';

/** Settings wrong: distinct from 1, a failure at work. */
const EXIT_SETTINGS = 2;

/**
 * Starts a service and leaves it running until SIGTERM or SIGINT, which close it: the process then ends with 0. It ends with
 * 2 when its settings are wrong, and with 1 when it could not start or close.
 */
export async function runService<Table extends Record<string, Option<unknown>>>(
  name: string,
  options: Table,
  start: (settings: Settings<Table>, log: Logger) => Promise<{ close(): Promise<void> }>,
): Promise<void> {
  const log = createLogger(name, 'info');
  const fail = (error: unknown): void => {
    log.error({ reason: reasonOf(error) }, 'failed');
    process.exitCode = error instanceof EnvironmentError ? EXIT_SETTINGS : 1;
  };
  try {
    const service = await start(readEnvironment(process.env, options), log);
    const stop = (signal: string): void => {
      log.info({ signal }, 'stopping');
      service.close().then(() => log.info('stopped'), fail);
    };
    // Once each: a second signal ends the process at once.
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  } catch (error) {
    fail(error);
  }
}
