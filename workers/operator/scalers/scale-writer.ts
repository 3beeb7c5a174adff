// Writes the scale of a Deployment, and nothing else of it: only what was decided by what it is now.
import { reasonOf, StoppingError } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { ConflictError } from '../kubernetes/errors.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import { apiVersionOf } from '../kubernetes/resource.ts';
import type { Decision } from '../scaling/decision.ts';
import type { Ability } from './conditions.ts';
import { DEPLOYMENTS, type Deployment, WORKER_SCALERS, type WorkerScaler } from './resources.ts';
import type { ScalerMetrics } from './scaler-metrics.ts';

export interface ScaleWriterOptions {
  readonly client: Pick<KubernetesClient, 'setScale'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly metrics: ScalerMetrics;
  readonly log: Logger;
  readonly now: () => Date;
}

/** What came of a decision. */
export interface Written {
  readonly ability: Ability;
  readonly replicas: number;
  /** RFC 3339. */
  readonly scaledAt?: string;
}

export class ScaleWriter {
  readonly #options: ScaleWriterOptions;
  /** What was last written: the watch tells of it a moment later, or, if it has died, much later. */
  #last:
    | { readonly basedOn: string | undefined; readonly resourceVersion: string | undefined; readonly replicas: number }
    | undefined;

  /** Why the last attempt failed. */
  #failure: string | undefined;

  constructor(options: ScaleWriterOptions) {
    this.#options = options;
  }

  /** A Deployment with what was written to it since it was heard of. */
  latest(deployment: Deployment): Deployment {
    const last = this.#last;
    const { metadata, spec } = deployment;
    if (!last || last.basedOn !== metadata.resourceVersion) return deployment;
    const { replicas, resourceVersion } = last;
    return {
      ...deployment,
      metadata: { ...metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
      spec: { ...spec, replicas },
    };
  }

  /**
   * Writes what was decided, where it differs; whoever has changed the Deployment since is not overruled: the next decision goes
   * by that.
   * @throws {StoppingError} when the signal aborts
   */
  async write(scaler: WorkerScaler, deployment: Deployment, decision: Decision, signal: AbortSignal): Promise<Written> {
    const { client, metrics, log, now } = this.#options;
    const { namespace, name, resourceVersion } = deployment.metadata;
    const from = deployment.spec.replicas ?? 1;
    const to = decision.replicas;
    if (from === to)
      return { ability: able('Ready', 'the scale of the Deployment is what was decided'), replicas: from };
    const direction = to > from ? 'up' : 'down';
    const context = { scaler: scaler.metadata.name, deployment: name, from, to, reason: decision.reason };
    try {
      const at = { name, ...(namespace !== undefined && { namespace }) };
      const scale = await client.setScale(DEPLOYMENTS, at, to, {
        signal,
        ...(resourceVersion !== undefined && { resourceVersion }),
      });
      this.#last = {
        basedOn: this.#last?.resourceVersion === resourceVersion ? this.#last?.basedOn : resourceVersion,
        resourceVersion: scale.metadata.resourceVersion,
        replicas: to,
      };
      this.#failure = undefined;
      metrics.write(scaler.metadata.name, direction, 'done');
      log.info({ ...context, why: decision.message }, `scaled ${direction}`);
      this.#report(scaler, deployment, from, decision);
      const message = `the Deployment was scaled from ${from} to ${to}`;
      return { ability: able('ScaleWritten', message), replicas: to, scaledAt: now().toISOString() };
    } catch (error) {
      if (error instanceof StoppingError) throw error;
      if (error instanceof ConflictError) {
        metrics.write(scaler.metadata.name, direction, 'conflict');
        log.debug(context, 'the Deployment was changed meanwhile, deciding again');
        return { ability: able('Ready', 'the Deployment was changed meanwhile; deciding again'), replicas: from };
      }
      metrics.write(scaler.metadata.name, direction, 'failed');
      const failure = reasonOf(error);
      // While the API server is away this happens every second.
      log[failure === this.#failure ? 'debug' : 'warn']({ ...context, failure }, "can't scale, trying again");
      this.#failure = failure;
      return { ability: { ok: false, reason: 'ScaleNotWritten', message: failure }, replicas: from };
    }
  }

  /** On the scaler and on the Deployment: people look at either. */
  #report(scaler: WorkerScaler, deployment: Deployment, from: number, { replicas, reason, message }: Decision): void {
    const { recorder } = this.#options;
    const note = `Deployment ${deployment.metadata.name} from ${from} to ${replicas} replicas (${reason}): ${message}`;
    const report = {
      type: 'Normal',
      reason: replicas > from ? 'ScaledUp' : 'ScaledDown',
      action: 'Scale',
      note,
    } as const;
    for (const [resource, object] of [
      [WORKER_SCALERS, scaler],
      [DEPLOYMENTS, deployment],
    ] as const) {
      recorder.record({ ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }, report);
    }
  }
}

const able = (reason: string, message: string): Ability => ({ ok: true, reason, message });
