// Takes a NewsSource that is deleted out of the pipeline, a step at a time: see retirement.ts.
import { consumerName, exporterName } from '../../contract/roles.ts';
import type { SecretPlan } from '../../contract/secret-plan.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesObject } from '../kubernetes/object.ts';
import type { Resource } from '../kubernetes/resource.ts';
import { DEPLOYMENTS, WORKER_SCALERS } from '../scalers/resources.ts';
import type { IdentitySecrets } from './identity-secrets.ts';
import type { ObjectWriter } from './object-writer.ts';
import type { Pipeline } from './pipeline.ts';
import { CERTIFICATES, SOURCE_LABEL } from './resources.ts';
import { nextStep, type Presence, type Remains, type Step } from './retirement.ts';

export interface RetirerOptions {
  readonly namespace: string;
  readonly client: Pick<KubernetesClient, 'list' | 'patch'>;
  readonly writer: ObjectWriter;
  readonly pipeline: Pick<
    Pipeline,
    'countPolls' | 'removePolls' | 'backlog' | 'countDocuments' | 'countConsumers' | 'forget'
  >;
  readonly secrets: Pick<IdentitySecrets, 'has' | 'remove'>;
  /** Whether cert-manager issues the certificates. */
  readonly certManager: boolean;
}

/** What the plan of certificates calls the Secret of an identity: see the synthesis. */
const secretsOf = (source: string): SecretPlan['certificates'][number]['secret'][] =>
  [exporterName(source), consumerName(source)].map((worker) => `${worker}-tls`);

export class Retirer {
  readonly #options: RetirerOptions;

  constructor(options: RetirerOptions) {
    this.#options = options;
  }

  /** Looks at what is still there. @param permitted whether servers may still know its identities */
  async next(source: string, permitted: boolean, signal: AbortSignal): Promise<Step> {
    const { pipeline } = this.#options;
    // Asked of the API server: what is told by watches may be a moment old, and a Deployment that is new would be overlooked.
    const deployments = await this.#objects(DEPLOYMENTS, source, signal);
    const remains: Remains = {
      polls: await pipeline.countPolls(source),
      exporter: presenceOf(deployments.get(exporterName(source))),
      consumer: presenceOf(deployments.get(consumerName(source))),
      backlog: await pipeline.backlog(source),
      documents: await pipeline.countDocuments(source),
      consumers: await pipeline.countConsumers(source),
      permitted,
      objects: await this.#countObjects(source, signal),
    };
    return nextStep(remains);
  }

  /** Does what a step is about; it may have been done before. */
  async perform({ name, waitsFor }: Step, source: string, signal: AbortSignal): Promise<void> {
    const { pipeline, writer, secrets, certManager } = this.#options;
    if (waitsFor !== undefined) return;
    switch (name) {
      case 'unschedule':
        return pipeline.removePolls(source);
      case 'stop-exporter':
        return this.#stop(exporterName(source), signal);
      case 'stop-consumer':
        return this.#stop(consumerName(source), signal);
      case 'forget':
        return pipeline.forget(source);
      case 'remove':
        for (const worker of [exporterName(source), consumerName(source)]) {
          await writer.remove(WORKER_SCALERS, worker, signal);
        }
        for (const secret of secretsOf(source)) {
          // Or cert-manager would make the Secret anew.
          if (certManager) await writer.remove(CERTIFICATES, secret, signal);
          await secrets.remove(secret, signal);
        }
        return;
      case 'drain':
      case 'revoke':
      case 'release':
        return;
    }
  }

  /** Takes the marks of a source off objects that are somebody else's now, so that they do not go with it. */
  async handOver(source: string, signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#options;
    const change = { metadata: { ownerReferences: null, labels: { [SOURCE_LABEL]: null } } };
    for (const resource of [DEPLOYMENTS, WORKER_SCALERS] as Resource[]) {
      for (const name of (await this.#objects(resource, source, signal)).keys()) {
        await client.patch(resource, { namespace, name }, change, { signal });
      }
    }
  }

  /** The Deployment stays until its pods are gone: that is what tells when they are. */
  async #stop(worker: string, signal: AbortSignal): Promise<void> {
    const { writer } = this.#options;
    await writer.remove(WORKER_SCALERS, worker, signal);
    await writer.remove(DEPLOYMENTS, worker, signal, 'Foreground');
  }

  async #countObjects(source: string, signal: AbortSignal): Promise<number> {
    const scalers = await this.#objects(WORKER_SCALERS, source, signal);
    const secrets = await Promise.all(secretsOf(source).map((name) => this.#options.secrets.has(name, signal)));
    return scalers.size + secrets.filter(Boolean).length;
  }

  async #objects(
    resource: Resource,
    source: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, KubernetesObject>> {
    const { client, namespace } = this.#options;
    const labelSelector = `${SOURCE_LABEL}=${source}`;
    const { items } = await client.list(resource, { namespace, labelSelector, signal });
    return new Map(items.map((object) => [object.metadata.name, object]));
  }
}

function presenceOf(object: KubernetesObject | undefined): Presence {
  if (!object) return 'gone';
  return object.metadata.deletionTimestamp === undefined ? 'there' : 'ending';
}
