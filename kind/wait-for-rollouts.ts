// Waits until every workload is as it should be, and shows how far each has come.
import type { Terminal } from '../local/terminal.ts';
import { GiveUpError, waitFor } from '../local/wait.ts';
import type { Kubectl, KubeObject } from './kubectl.ts';
import { isPodOf, type Progress, progressOf, WORKLOADS } from './rollout.ts';

/** A workload did not come up; the message says why, and holds the end of its log. */
export class RolloutError extends Error {
  override readonly name = 'RolloutError';
}

export interface RolloutOptions {
  readonly kubectl: Kubectl;
  /** Selects the workloads. */
  readonly selector: string;
  readonly terminal: Pick<Terminal, 'status'>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const LOG_LINES = '10';
const POLL_MS = 1_000;

/**
 * Waits until all workloads are done.
 * @throws {RolloutError} when one has failed, or is not done in time
 */
export async function waitForRollouts(options: RolloutOptions): Promise<void> {
  const { kubectl, selector, terminal, timeoutMs, signal } = options;
  let workloads: KubeObject[] = [];
  let pods: KubeObject[] = [];
  let progress: Progress[] = [];
  try {
    await waitFor(
      'every workload is ready',
      timeoutMs,
      async () => {
        signal.throwIfAborted();
        [workloads, pods] = await Promise.all([kubectl.list(WORKLOADS, selector), kubectl.list(['pods'], selector)]);
        progress = workloads.map((workload) => progressOf(workload, pods));
        terminal.status(
          progress.map(({ workload, state, reason }) => [`  ${workload}`, state, reason]),
          JSON.stringify(progress),
        );
        const failed = progress.filter((each) => each.failed);
        if (failed.length > 0) throw new FailedWorkloadError(failed.map(({ workload }) => workload).join(', '));
        return progress.length > 0 && progress.every(({ done }) => done);
      },
      POLL_MS,
    );
  } catch (error) {
    if (signal.aborted) throw error;
    const late = workloads.filter((_, index) => progress[index]?.done === false);
    const told = await Promise.all(late.map((workload) => tell(kubectl, workload, pods, progress)));
    throw new RolloutError([(error as Error).message, ...told].join('\n'), { cause: error });
  }
}

class FailedWorkloadError extends GiveUpError {
  override readonly name = 'FailedWorkloadError';

  constructor(workloads: string) {
    super(`failed for good: ${workloads}`);
  }
}

/** Where a workload stands, and the end of its pods' logs. */
async function tell(
  kubectl: Kubectl,
  workload: KubeObject,
  pods: readonly KubeObject[],
  progress: readonly Progress[],
): Promise<string> {
  const name = `${workload.kind.toLowerCase()}/${workload.metadata.name}`;
  const state = progress.find((each) => each.workload === name);
  const logs = await Promise.all(
    pods
      .filter((pod) => isPodOf(workload, pod))
      .map(async ({ metadata }) => {
        const log = await kubectl
          .run(['logs', metadata.name, '--tail', LOG_LINES])
          .catch((error: Error) => error.message);
        return `--- ${metadata.name}\n${log.trim()}`;
      }),
  );
  return [`${name}: ${state?.state} ${state?.reason}`.trimEnd(), ...logs].join('\n');
}
