// The log: JSON, one line an event that matters, to standard output.
import { type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Creates a process's logger; every line names the worker. */
export function createLogger(worker: string, level: LogLevel): Logger {
  return pino({
    level,
    base: { worker, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
