// The workers that follow the lag of their consumer.
import type { ConsumerSpec } from '../workers/contract/streams.ts';
import type { ScalingSpec, Topology, WorkerSpec } from '../workers/contract/topology.ts';

/** A worker of which it is known that there is something to follow. */
export interface ScaledWorker extends WorkerSpec {
  readonly consumer: ConsumerSpec;
  readonly scaling: ScalingSpec;
}

export const scaledWorkers = ({ workers }: Pick<Topology, 'workers'>): ScaledWorker[] =>
  workers.flatMap((worker) => {
    const { consumer, scaling } = worker;
    return consumer && scaling ? [{ ...worker, consumer, scaling }] : [];
  });
