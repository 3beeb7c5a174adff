// The cluster that kind keeps in containers of this machine.
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { checkPort, PortTakenError } from '../local/ports.ts';
import { runProgram } from './program.ts';

/** How kind announces a step, with emoji and dots around it. */
const STEP = /^\s*•\s+([\w ():/.-]+?)[^\w.)]*\.\.\.\s*$/u;
const CONFIG_FILE = 'kind-config.yaml';

/** Which cluster the commands work on. @default newsjet */
export const clusterName = (): string => process.env.KIND_CLUSTER || 'newsjet';

/** How kubectl calls it. */
export const contextName = (cluster: string): string => `kind-${cluster}`;

/** A port of a node that this machine has, too. */
export interface PortMapping {
  readonly containerPort: number;
  readonly hostPort: number;
}

/** Ports that the cluster would have are taken. */
export class ClusterPortError extends Error {
  override readonly name = 'ClusterPortError';

  constructor(ports: readonly number[]) {
    const which = ports.length === 1 ? `port ${ports[0]} is` : `ports ${ports.join(', ')} are`;
    super(
      `${which} taken by another process: stop that (another cluster, perhaps: kind get clusters), ` +
        `or change hostPort in ${CONFIG_FILE}`,
    );
  }
}

/** The ports that nodes share with this machine. */
export async function portMappings(): Promise<PortMapping[]> {
  const { nodes = [] } = parse(await readFile(CONFIG_FILE, 'utf8')) as {
    readonly nodes?: readonly { readonly extraPortMappings?: readonly PortMapping[] }[];
  };
  return nodes.flatMap(({ extraPortMappings = [] }) => extraPortMappings);
}

/**
 * Checks that the ports are free that a new cluster would have: kind says it less clearly, and late.
 * @throws {ClusterPortError} naming those that are not
 */
export async function checkPorts(mappings: readonly PortMapping[]): Promise<void> {
  const taken: number[] = [];
  for (const { hostPort } of mappings) {
    try {
      await checkPort(hostPort, 'the cluster', 'hostPort');
    } catch (error) {
      if (!(error instanceof PortTakenError)) throw error;
      taken.push(hostPort);
    }
  }
  if (taken.length > 0) throw new ClusterPortError(taken);
}

/** Whether there is a cluster of that name. */
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
