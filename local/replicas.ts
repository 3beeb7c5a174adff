// Which processes the workers of a topology become, and the port of each for its metrics.
import type { Topology, WorkerSpec } from '../workers/contract/topology.ts';

/** One process of a worker. */
export interface Replica {
  readonly spec: WorkerSpec;
  /** The worker's name where there is one of it, else numbered, as pods are. */
  readonly name: string;
  /** Where it serves metrics and health, and the monitor its page. */
  readonly port: number;
}

/** How many ports {@link planReplicas} needs. */
export const replicaCount = (topology: Topology): number =>
  topology.workers.reduce((sum, spec) => sum + countOf(spec), 0);

/**
 * Every process of every worker, in the order of the flow.
 * @param ports free ones, one each
 * @param pagePort the monitor's; 0 leaves it the one dealt out
 */
export function planReplicas(topology: Topology, ports: readonly number[], pagePort: number): Replica[] {
  const names = topology.workers.flatMap((spec) =>
    Array.from({ length: countOf(spec) }, (_, index) => ({
      spec,
      name: countOf(spec) === 1 ? spec.name : `${spec.name}-${index}`,
    })),
  );
  return names.map(({ spec, name }, index) => {
    const own = ports[index];
    if (own === undefined)
      throw new Error(`${name} has no port: ${names.length} are needed, ${ports.length} were given`);
    return { spec, name, port: spec.role === 'news-monitor' ? pagePort || own : own };
  });
}

const countOf = ({ replicas }: WorkerSpec): number => Math.max(1, replicas.min);
