// The cluster that kind keeps in containers of this machine.
import { runProgram } from './program.ts';

/** How kind announces a step, with emoji and dots around it. */
const STEP = /^\s*•\s+([\w ():/.-]+?)[^\w.]*\.\.\.\s*$/u;
const CONFIG_FILE = 'kind-config.yaml';

/** Which cluster the commands work on. @default newsjet */
export const clusterName = (): string => process.env.KIND_CLUSTER || 'newsjet';

/** How kubectl calls it. */
export const contextName = (cluster: string): string => `kind-${cluster}`;

export async function clusterExists(cluster: string): Promise<boolean> {
  const names = await runProgram('kind', ['get', 'clusters']);
  return names.split('\n').includes(cluster);
}

/**
 * Creates the cluster, with the image of nodes that KIND_NODE_IMAGE names, if it is set.
 * @param onStep told what kind does
 * @throws {ProgramError}
 */
export async function createCluster(cluster: string, onStep: (line: string) => void): Promise<void> {
  const image = process.env.KIND_NODE_IMAGE;
  await runProgram(
    'kind',
    ['create', 'cluster', '--name', cluster, '--config', CONFIG_FILE, ...(image ? ['--image', image] : [])],
    {
      onLine: (line) => {
        const what = STEP.exec(line)?.[1];
        if (what) onStep(what);
      },
    },
  );
}

/** Removes the cluster and everything in it. */
export async function deleteCluster(cluster: string): Promise<void> {
  await runProgram('kind', ['delete', 'cluster', '--name', cluster]);
}

/** Gives images to every node. */
export async function loadImages(cluster: string, images: readonly string[]): Promise<void> {
  await runProgram('kind', ['load', 'docker-image', '--name', cluster, ...images]);
}
