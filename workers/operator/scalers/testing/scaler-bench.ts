// A cluster of servers with a pipeline's consumers, an API server with its manifests, and operators as processes.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NatsConnection, StringCodec } from 'nats';
import { request } from 'undici';
import { PLAN_FILE, PLAN_NAME } from '../../../../cdk8s/charts/certs.ts';
import { MONGODB } from '../../../../cdk8s/names.ts';
import { DEFAULT_SETTINGS } from '../../../../cdk8s/settings.ts';
import { type Manifest, synthesize } from '../../../../cdk8s/synthesis.ts';
import type { Child } from '../../../../local/child.ts';
import { freePorts } from '../../../../local/ports.ts';
import { waitFor } from '../../../../local/wait.ts';
import { accessFor } from '../../../../test/support/api-server/access.ts';
import type { TcpProxy } from '../../../../test/support/api-server/proxy.ts';
import { OBSERVER, TestCluster } from '../../../../test/support/cluster.ts';
import { SYSTEM } from '../../../contract/roles.ts';
import { WORKER_SCALER_CRD } from '../../../contract/worker-scaler-crd.ts';
import { AlreadyExistsError } from '../../kubernetes/errors.ts';
import { EVENTS, type EventObject } from '../../kubernetes/event-record.ts';
import { LEASES } from '../../kubernetes/lease-record.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { defineResource, type Resource } from '../../kubernetes/resource.ts';
import { ApiBench } from '../../kubernetes/testing/api-bench.ts';
import { DEPLOYMENTS, type Deployment, WORKER_SCALERS, type WorkerScaler } from '../resources.ts';

const DEFINITION = `
sources: { s: { kind: rss, feeds: [{ url: https://a.example/rss, every: 1h }] } }
workers: { s-exporter: { replicas: { max: 1 } }, s-consumer: { replicas: { max: 1 } } }
`;
export const WORKER = 'news-creator';
const SOON_MS = 60_000;
const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' };
const CRDS = defineResource({
  ...{ group: 'apiextensions.k8s.io', version: 'v1' },
  ...{ plural: 'customresourcedefinitions', kind: 'CustomResourceDefinition' },
});
/** Of the manifests, what the operator has to do with. */
const KINDS: readonly Resource[] = [
  defineResource({ ...RBAC, plural: 'roles', kind: 'Role' }),
  defineResource({ ...RBAC, plural: 'rolebindings', kind: 'RoleBinding' }),
  DEPLOYMENTS,
  WORKER_SCALERS,
];
const { signal } = new AbortController();

/** Makes the API server know WorkerScalers; it may already. */
export async function defineWorkerScalers({ admin, namespace }: ApiBench): Promise<void> {
  try {
    await admin.create(CRDS, WORKER_SCALER_CRD, { signal });
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
  }
  await waitFor('WorkerScalers are known', SOON_MS, () => admin.list(WORKER_SCALERS, { namespace, signal }));
}

/** An operator that runs. */
export interface RunningOperator {
  readonly process: Child;
  /** Where it answers, such as `127.0.0.1:40001`. */
  readonly address: string;
  /** Its metrics, by name and labels. */
  readonly metrics: () => Promise<string>;
  /** Answer of /readyz. */
  readonly ready: () => Promise<boolean>;
  /** Status and text of an answer. */
  readonly get: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
}

export class ScalerBench {
  readonly api: ApiBench;
  readonly cluster: TestCluster;
  readonly observer: NatsConnection;
  readonly manifests: readonly Manifest[];
  #operators = 0;

  private constructor(api: ApiBench, cluster: TestCluster, observer: NatsConnection, manifests: readonly Manifest[]) {
    this.api = api;
    this.cluster = cluster;
    this.observer = observer;
    this.manifests = manifests;
  }

  static async start(definition = DEFINITION): Promise<ScalerBench> {
    const [api, cluster] = await Promise.all([
      ApiBench.start('scalers'),
      TestCluster.start(definition, { extraIdentities: [OBSERVER] }),
    ]);
    await Promise.all([defineWorkerScalers(api), cluster.bootstrap()]);
    const settings = { ...DEFAULT_SETTINGS, namespace: api.namespace };
    const manifests = synthesize({ definition: { text: definition, file: 'newsjet.yaml' }, settings }).flatMap(
      (file) => file.manifests,
    );
    for (const resource of KINDS) {
      const objects = manifests.filter(({ kind, apiVersion }) => kind === resource.kind && apiVersion !== 'v1');
      for (const object of objects) await api.admin.create(resource, object as KubernetesObject, { signal });
    }
    const observer = await cluster.connect(OBSERVER.name, { maxReconnectAttempts: -1 });
    return new ScalerBench(api, cluster, observer, manifests);
  }

  /** Starts an operator with the permissions that the manifests give it, and waits until it is ready. */
  async startOperator(proxy?: TcpProxy): Promise<RunningOperator> {
    const operator = await this.beginOperator(proxy);
    await waitFor('the operator is ready', SOON_MS, operator.ready);
    return operator;
  }

  /** Starts an operator that may have to wait before it is ready. */
  async beginOperator(proxy?: TcpProxy): Promise<RunningOperator> {
    const { api, cluster } = this;
    this.#operators += 1;
    // RBAC knows a service account by this name, however it proves it.
    const user = { name: `system:serviceaccount:${api.namespace}:operator`, groups: [] };
    const file = join(cluster.directory, `kubeconfig-${this.#operators}`);
    await writeFile(file, (await accessFor(api.address, user, proxy?.port)).exportConfig(), { mode: 0o600 });
    const [port] = (await freePorts(1)) as [number];
    const address = `127.0.0.1:${port}`;
    const process = cluster.startWorker('operator', 'operator', {
      KUBECONFIG: file,
      NAMESPACE: api.namespace,
      POD_NAME: `operator-${this.#operators}`,
      HTTP_PORT: String(port),
      LOG_LEVEL: 'debug',
      ...(await this.#renewal()),
    });
    const get: RunningOperator['get'] = async (path) => {
      const { statusCode, body } = await request(`http://${address}${path}`);
      return { status: statusCode, text: await body.text() };
    };
    return {
      process,
      address,
      get,
      metrics: async () => (await get('/metrics')).text,
      ready: () =>
        get('/readyz').then(
          ({ status }) => status === 200,
          () => false,
        ),
    };
  }

  /** What the manifests tell an operator of certificates. The servers here have others, whatever it does. */
  async #renewal(): Promise<Record<string, string>> {
    const { cluster, manifests } = this;
    const plan = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === PLAN_NAME);
    const file = join(cluster.directory, PLAN_FILE);
    const data = plan?.data as Record<string, string> | undefined;
    await writeFile(file, data?.[PLAN_FILE] ?? '');
    const { caFile, certFile, keyFile } = cluster.tls(SYSTEM);
    const servers = cluster.cluster.urls.map((url, index) => `nats-${index}=${new URL(url).host}`);
    return {
      ...{ PLAN: file, NATS_SERVERS: servers.join(','), DATABASE: MONGODB },
      ...{ SYSTEM_CA: caFile, SYSTEM_CERT: certFile, SYSTEM_KEY: keyFile },
    };
  }

  /** Publishes what nobody works off. */
  async flood(messages: number): Promise<void> {
    // The last of them is acknowledged when all are.
    const client = this.observer.jetstream({ timeout: SOON_MS });
    const body = StringCodec().encode('{}');
    await Promise.all(Array.from({ length: messages }, () => client.publish('NEWS.received', body)));
  }

  /** Deletes everything that waits. */
  async purge(): Promise<void> {
    const manager = await this.observer.jetstreamManager();
    await manager.streams.purge('NEWS');
  }

  deployment(): Promise<Deployment> {
    return this.api.admin.get(DEPLOYMENTS, this.#at(), { signal });
  }

  scaler(): Promise<WorkerScaler> {
    return this.api.admin.get(WORKER_SCALERS, this.#at(), { signal });
  }

  /** What a Deployment's controller would say, were there one. */
  async setReady(readyReplicas: number): Promise<void> {
    const status = { replicas: readyReplicas, readyReplicas };
    await this.api.admin.patchStatus(DEPLOYMENTS, this.#at(), status, { signal });
  }

  async patchScaler(spec: object): Promise<void> {
    await this.api.admin.patch(WORKER_SCALERS, this.#at(), { spec }, { signal });
  }

  async events(reason: string): Promise<readonly EventObject[]> {
    const { items } = await this.api.admin.list(EVENTS, { namespace: this.api.namespace, signal });
    return items.filter((event) => event.reason === reason);
  }

  /** Who leads. */
  async leader(): Promise<string | undefined> {
    const { namespace, admin } = this.api;
    const lease = await admin.get(LEASES, { namespace, name: 'operator' }, { signal });
    return lease.spec?.holderIdentity;
  }

  async waitForReplicas(what: string, holds: (replicas: number) => boolean, timeoutMs = SOON_MS): Promise<number> {
    return waitFor(what, timeoutMs, async () => {
      const { replicas = 1 } = (await this.deployment()).spec;
      return holds(replicas) && replicas;
    });
  }

  waitForScaler(what: string, holds: (scaler: WorkerScaler) => boolean): Promise<WorkerScaler> {
    return waitFor(what, SOON_MS, async () => {
      const scaler = await this.scaler();
      return holds(scaler) && scaler;
    });
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    await this.api.stop();
  }

  #at() {
    return { namespace: this.api.namespace, name: WORKER };
  }
}

/** What is said of a condition: `True AboveTarget`. */
export function conditionOf({ status }: WorkerScaler, type: string): string | undefined {
  const condition = status?.conditions?.find((each) => each.type === type);
  return condition && `${condition.status} ${condition.reason}`;
}
