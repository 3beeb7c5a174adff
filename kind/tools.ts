// What has to be on a machine before a cluster can be made on it: every lack is reported at once.
import { ProgramMissingError, runProgram } from './program.ts';

/** Programs are missing, or don't work; the message lists each with what to do. */
export class ToolsError extends Error {
  override readonly name = 'ToolsError';
}

interface Tool {
  readonly name: string;
  /** Arguments that succeed only when the program can do its work. */
  readonly probe: readonly string[];
  readonly missing: string;
  readonly failing: string;
}

/** An engine that is starting, or a machine that is far away, may take a while. */
const PROBE_TIMEOUT_MS = 20_000;

const DOCKER: Tool = {
  name: 'docker',
  probe: ['version', '--format', '{{.Server.Version}}'],
  missing: 'install Docker: https://docs.docker.com/get-docker/',
  failing: 'the engine does not answer: start it, and see that this user may talk to it (docker version)',
};
const KIND: Tool = {
  name: 'kind',
  probe: ['version'],
  missing: 'install kind: go install sigs.k8s.io/kind@latest, or https://kind.sigs.k8s.io/docs/user/quick-start/',
  failing: 'kind version fails: install it anew',
};
const KUBECTL: Tool = {
  name: 'kubectl',
  probe: ['version', '--client'],
  missing: 'install kubectl: https://kubernetes.io/docs/tasks/tools/',
  failing: 'kubectl version --client fails: install it anew',
};

/** What building images needs. */
export const IMAGE_TOOLS: readonly Tool[] = [DOCKER];
/** What a cluster needs. */
export const CLUSTER_TOOLS: readonly Tool[] = [DOCKER, KIND, KUBECTL];

/**
 * Checks that the tools are there and do their work.
 * @param timeoutMs how long each may take to answer @default 20 seconds
 * @throws {ToolsError}
 */
export async function checkTools(tools: readonly Tool[], timeoutMs = PROBE_TIMEOUT_MS): Promise<void> {
  const problems = (await Promise.all(tools.map((tool) => findProblem(tool, timeoutMs)))).filter(
    (problem) => problem !== undefined,
  );
  if (problems.length > 0) throw new ToolsError(problems.join('\n'));
}

async function findProblem({ name, probe, missing, failing }: Tool, timeoutMs: number): Promise<string | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await runProgram(name, probe, { signal });
    return undefined;
  } catch (error) {
    if (error instanceof ProgramMissingError) return `${name} is not on the PATH: ${missing}`;
    const said = signal.aborted ? `no answer within ${timeoutMs} ms` : (error as Error).message;
    return `${name} is there, but ${failing}\n${said}`;
  }
}
