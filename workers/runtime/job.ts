// The life of a job: a process that has one thing to do and is never run again once it ended well.
import type { Option, Settings } from './environment.ts';
import { FatalError, StoppingError } from './errors.ts';
import { type ProcessContext, runTask, type TASK_OPTIONS } from './process.ts';
import { withinTime } from './time-limit.ts';

/** What a job is to reach, and by when. */
export interface JobSpec {
  /** Ends the sentence `told to stop before …`: such as `the user was there`. */
  readonly goal: string;
  /** How long it may take in all, in milliseconds. */
  readonly deadline: Option<number>;
}

/** What a job works with. */
export interface JobContext<S> extends ProcessContext<S> {
  /** Aborts when the process is told to stop, and at the deadline; what waits for it throws a StoppingError then. */
  readonly signal: AbortSignal;
  /** Told of each failure that may pass; the last one explains a deadline that was missed. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Runs a job to its end and exits: 0 only when the work is done, 1 when it failed, was told to stop before, or took too long,
 * 2 when its settings are wrong. Where a worker that was stopped has ended well, a job has not: its platform would count it as
 * done, and never run it again.
 */
export function runJob<Table extends Record<string, Option<unknown>>>(
  options: Table,
  { goal, deadline }: JobSpec,
  run: (context: JobContext<Settings<Table & typeof TASK_OPTIONS>>) => Promise<void>,
): Promise<never> {
  return runTask({ ...options, deadlineMs: deadline }, async (context) => {
    const { deadlineMs } = context.settings as { readonly deadlineMs: number };
    const settings = context.settings as unknown as Settings<Table & typeof TASK_OPTIONS>;
    const { stopping } = context.stop;
    let lastFailure: unknown;
    const onFailure = (error: unknown): void => {
      lastFailure = error;
    };
    try {
      await withinTime(deadlineMs, stopping, (signal) => run({ ...context, settings, signal, onFailure }));
    } catch (error) {
      if (!(error instanceof StoppingError)) throw error;
      const cause = lastFailure === undefined ? {} : { cause: lastFailure };
      if (stopping.aborted) throw new FatalError(`told to stop before ${goal}`, cause);
      throw new FatalError(`not done within ${deadlineMs} ms (${deadline.variable})`, cause);
    }
  });
}
