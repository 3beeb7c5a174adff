// One WorkerScaler: reads its consumer and decides, again and again. Who leads also acts on it, without holding up the reading.
import { WORKER_SCALER } from '../../contract/worker-scaler.ts';
import { StoppingError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import { decide } from '../scaling/decision.ts';
import type { Reading } from '../scaling/reading.ts';
import { NO_STATE, type ScalerState } from '../scaling/state.ts';
import type { Ability } from './conditions.ts';
import type { Deployment, WorkerScaler } from './resources.ts';
import type { ScaleWriter } from './scale-writer.ts';
import type { ScalerMetrics } from './scaler-metrics.ts';
import type { Observation } from './status.ts';
import type { StatusWriter } from './status-writer.ts';

/** What a scaler works with. */
export interface ScalerOptions {
  /** What is known of it now; undefined once it is gone. */
  readonly object: () => WorkerScaler | undefined;
  /** The Deployment of a name, as it was last heard of. */
  readonly deployment: (name: string) => Deployment | undefined;
  /** Name of another scaler that scales the same Deployment and was there before. */
  readonly rival: () => string | undefined;
  /** Reads a consumer; never rejects. */
  readonly read: (stream: string, consumer: string) => Promise<Reading>;
  /** Aborts when this process may write nothing more; undefined while it does not lead. */
  readonly leading: () => AbortSignal | undefined;
  readonly scale: ScaleWriter;
  readonly status: StatusWriter;
  readonly metrics: ScalerMetrics;
  readonly log: Logger;
  readonly now: () => Date;
}

/** What was seen and decided in one turn. */
interface Turn {
  readonly scaler: WorkerScaler;
  readonly deployment: Deployment | undefined;
  readonly observation: Observation;
}

const READY: Ability = { ok: true, reason: 'Ready', message: 'the scale of the Deployment is as it was last written' };

export class Scaler {
  readonly #options: ScalerOptions;
  #state: ScalerState = NO_STATE;
  /** What the memory is about; another worker or consumer has another. */
  #subject = '';
  #acting: Promise<void> | undefined;

  constructor(options: ScalerOptions) {
    this.#options = options;
  }

  /** Reads, decides and, where this process leads, begins to act; an act that is still under way is not joined by a second. */
  async turn(): Promise<void> {
    const turn = await this.#observe();
    const signal = this.#options.leading();
    if (!signal || !turn) {
      this.#options.status.forget();
      return;
    }
    this.#measure(turn);
    if (this.#acting) return;
    this.#acting = this.#act(turn, signal).finally(() => {
      this.#acting = undefined;
    });
  }

  /** Waits until nothing is being written. */
  async settled(): Promise<void> {
    await this.#acting;
  }

  async #observe(): Promise<Turn | undefined> {
    const { object, deployment: find, read, rival, scale, now } = this.#options;
    const asked = object();
    if (!asked) return undefined;
    const reading = await read(asked.spec.stream, asked.spec.consumer);
    // It may have been changed while the answer was on its way.
    const scaler = object();
    if (!scaler) return undefined;
    if (consumerOf(scaler) !== consumerOf(asked)) return this.#observe();
    this.#remember(scaler);
    const found = find(scaler.spec.target.name);
    const generation = scaler.metadata.generation ?? 0;
    const about = { generation, reading, replicas: undefined, readyReplicas: undefined, decision: undefined };
    const other = rival();
    if (!found || other !== undefined) {
      this.#state = NO_STATE;
      const ability = other === undefined ? missing(scaler) : ambiguous(scaler, other);
      return { scaler, deployment: undefined, observation: { ...about, ability } };
    }
    const deployment = scale.latest(found);
    const replicas = deployment.spec.replicas ?? 1;
    const readyReplicas = deployment.status?.readyReplicas ?? 0;
    const nowMs = now().getTime();
    const decision = decide({ spec: scaler.spec, reading, replicas, readyReplicas, nowMs, state: this.#state });
    this.#state = decision.state;
    return { scaler, deployment, observation: { ...about, replicas, readyReplicas, decision, ability: READY } };
  }

  #remember(scaler: WorkerScaler): void {
    const subject = JSON.stringify([scaler.metadata.uid, consumerOf(scaler), scaler.spec.target.name]);
    if (subject !== this.#subject) this.#state = NO_STATE;
    this.#subject = subject;
  }

  #measure({ scaler, observation: { reading, decision, replicas = 0, readyReplicas = 0 } }: Turn): void {
    const { name } = scaler.metadata;
    this.#options.metrics.reading(name, reading, scaler.spec.maxReplicas);
    if (decision) this.#options.metrics.decision(name, decision, replicas, readyReplicas);
  }

  async #act({ scaler, deployment, observation }: Turn, signal: AbortSignal): Promise<void> {
    const { scale, status } = this.#options;
    try {
      const { decision } = observation;
      const written = deployment && decision && (await scale.write(scaler, deployment, decision, signal));
      await status.write(scaler, written ? { ...observation, ...written } : observation, signal);
    } catch (error) {
      // Leadership is over; whoever leads next goes by what there is then.
      if (error instanceof StoppingError) return;
      // A mistake of ours in one scaler must not end the others.
      this.#options.log.error(
        { scaler: scaler.metadata.name, stack: (error as Error).stack },
        'acting on a decision failed',
      );
    }
  }
}

const consumerOf = ({ spec }: WorkerScaler): string => `${spec.stream}/${spec.consumer}`;

const missing = ({ spec, metadata }: WorkerScaler): Ability => ({
  ok: false,
  reason: 'DeploymentMissing',
  message: `there is no Deployment ${spec.target.name} in the namespace ${metadata.namespace}`,
});

const ambiguous = ({ spec }: WorkerScaler, rival: string): Ability => ({
  ok: false,
  reason: 'DeploymentTaken',
  message: `the ${WORKER_SCALER.kind} ${rival}, which is older, scales the Deployment ${spec.target.name}: delete one of the two`,
});
