// The log: JSON, one line an event that matters, to standard output.
import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Creates a process's logger; every line names the worker. */
export function createLogger(worker: string, level: LogLevel): Logger {
  const options = {
    level,
    base: { worker, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Written at once: what is on its way when the process exits, which is why it ends, would be lost or come out of order.
  return pino(options, destination({ dest: 1, sync: true }));
}
