// What is done to a cluster: pods deleted, nodes drained, stopped and started again, workloads rolled and scaled.
import { runProgram } from '../../../kind/program.ts';
import { waitFor } from '../../../local/wait.ts';
import type { Target } from './target.ts';

const NODE_TIMEOUT_MS = 300_000;

/** Deletes a pod and waits until it is gone. */
export async function deletePod({ kubectl }: Target, pod: string): Promise<void> {
  await kubectl.run(['delete', 'pod', pod, '--wait=true']);
}

/** Evicts every pod of a node, as for its maintenance; disruption budgets are respected. */
export async function drainNode({ kubectl }: Target, node: string): Promise<void> {
  await kubectl.run(['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=240s']);
}

/** Lets pods onto a node again. */
export async function uncordonNode({ kubectl }: Target, node: string): Promise<void> {
  await kubectl.run(['uncordon', node]);
}

/** Ends a node, whose container kind runs, without a word. */
export async function killNode(node: string): Promise<void> {
  await runProgram('docker', ['kill', node]);
}

/** Starts a node again and waits until it is ready. */
export async function startNode(target: Target, node: string): Promise<void> {
  await runProgram('docker', ['start', node]);
  await waitFor(`node ${node} is ready`, NODE_TIMEOUT_MS, () => isNodeReady(target, node), 500);
}

/** Waits until the cluster has noticed that a node is gone. */
export async function awaitNodeLost(target: Target, node: string): Promise<void> {
  await waitFor(`node ${node} is lost`, NODE_TIMEOUT_MS, async () => !(await isNodeReady(target, node)), 500);
}

async function isNodeReady({ kubectl }: Target, node: string): Promise<boolean> {
  const nodes = await kubectl.list(['nodes']);
  const { status } = nodes.find(({ metadata }) => metadata.name === node) ?? {};
  const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** Replaces every pod of every Deployment and waits until all are replaced. */
export async function rollDeployments({ kubectl }: Target): Promise<void> {
  await kubectl.run(['rollout', 'restart', 'deployment']);
}

/** Sets how many pods a Deployment has, and waits until it has them. */
export async function scale(target: Target, deployment: string, replicas: number): Promise<void> {
  await target.kubectl.run(['scale', 'deployment', deployment, `--replicas=${replicas}`]);
  await target.ready();
}

/** The node that a pod runs on. */
async function nodeOf({ kubectl }: Target, pod: string): Promise<string> {
  return kubectl.run(['get', 'pod', pod, '--output', 'jsonpath={.spec.nodeName}']);
}

/**
 * Finds a node with a server, and without the database: its volume is on its node, so that it would have nowhere to go.
 * @throws {Error} when two servers share a node
 */
export async function nodeWithoutDatabase(target: Target): Promise<string> {
  const database = await nodeOf(target, 'mongodb-0');
  const servers = Array.from({ length: target.topology.servers }, (_, index) => `nats-${index}`);
  const nodes = await Promise.all(servers.map((pod) => nodeOf(target, pod)));
  if (new Set(nodes).size < nodes.length) throw new Error(`servers share a node: they are on ${nodes.join(', ')}`);
  return nodes.find((node) => node !== database) as string;
}
