// A cluster of servers and an API server with the manifests of a small definition, and whoever else a real cluster has: what
// stands in for kubelets gives servers their configuration, what stands in for controllers says that Deployments are ready.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JetStreamManager, NatsConnection } from 'nats';
import { request } from 'undici';
import { DEFAULT_SETTINGS } from '../../../../cdk8s/settings.ts';
import { type Manifest, NATS_CONFIG, synthesize } from '../../../../cdk8s/synthesis.ts';
import { VERSIONS } from '../../../../cdk8s/versions.ts';
import { authoritySecret } from '../../../../certs/secrets.ts';
import type { Child } from '../../../../local/child.ts';
import { freePorts } from '../../../../local/ports.ts';
import { waitFor } from '../../../../local/wait.ts';
import { accessFor } from '../../../../test/support/api-server/access.ts';
import { OBSERVER, TestCluster } from '../../../../test/support/cluster.ts';
import { NEWS_SOURCE_CRD } from '../../../contract/news-source-crd.ts';
import { OPERATOR, SYSTEM } from '../../../contract/roles.ts';
import { createRegistry } from '../../../runtime/metrics.ts';
import { Publisher } from '../../../runtime/publisher.ts';
import { type Line, recordingLog } from '../../../runtime/testing/log.ts';
import { encodeData, SECRETS } from '../../certificates/secret-object.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import { AlreadyExistsError, NotFoundError } from '../../kubernetes/errors.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { defineResource, type Resource } from '../../kubernetes/resource.ts';
import { ApiBench } from '../../kubernetes/testing/api-bench.ts';
import { DEPLOYMENTS, WORKER_SCALERS } from '../../scalers/resources.ts';
import { defineWorkerScalers } from '../../scalers/testing/scaler-bench.ts';
import type { Base } from '../base.ts';
import { Composer } from '../composition.ts';
import { NewsSourceController } from '../controller.ts';
import { IdentitySecrets } from '../identity-secrets.ts';
import { Pipeline } from '../pipeline.ts';
import { CONFIG_MAPS, NETWORK_POLICIES, NEWS_SOURCES, type NewsSource } from '../resources.ts';
import { ServerPermissions } from '../server-permissions.ts';

export const DEFINITION = 'sources: { base: { kind: rss, feeds: [{ url: https://base.example/rss, every: 1h }] } }';
const SOON_MS = 60_000;
const CRDS = defineResource({
  ...{ group: 'apiextensions.k8s.io', version: 'v1' },
  ...{ plural: 'customresourcedefinitions', kind: 'CustomResourceDefinition' },
});
const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' };
const KINDS: readonly Resource[] = [
  defineResource({ ...RBAC, plural: 'roles', kind: 'Role' }),
  defineResource({ ...RBAC, plural: 'rolebindings', kind: 'RoleBinding' }),
  CONFIG_MAPS,
  NETWORK_POLICIES,
  DEPLOYMENTS,
  WORKER_SCALERS,
];
const { signal } = new AbortController();

/** Makes the API server know NewsSources; it may already. */
export async function defineNewsSources({ admin, namespace }: ApiBench): Promise<void> {
  try {
    await admin.create(CRDS, NEWS_SOURCE_CRD, { signal });
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
  }
  await waitFor('NewsSources are known', SOON_MS, () => admin.list(NEWS_SOURCES, { namespace, signal }));
}

/** An operator at work. */
interface Running {
  readonly controller: NewsSourceController;
  readonly lines: readonly Line[];
  /** As `Warning Retired: note`. */
  readonly events: readonly string[];
  readonly stop: () => Promise<void>;
}

export class SourceBench {
  readonly api: ApiBench;
  readonly cluster: TestCluster;
  readonly manifests: readonly Manifest[];
  readonly jetStream: JetStreamManager;
  readonly observer: NatsConnection;
  readonly #base: Base;
  readonly #stopped = new AbortController();
  readonly #ends: Promise<void>[] = [];
  /** Pods of these Deployments do not end yet. */
  readonly slow = new Set<string>();

  private constructor(
    parts: Pick<SourceBench, 'api' | 'cluster' | 'manifests' | 'jetStream' | 'observer'>,
    base: Base,
  ) {
    this.api = parts.api;
    this.cluster = parts.cluster;
    this.manifests = parts.manifests;
    this.jetStream = parts.jetStream;
    this.observer = parts.observer;
    this.#base = base;
  }

  static async start(): Promise<SourceBench> {
    const [api, cluster] = await Promise.all([
      ApiBench.start('sources'),
      TestCluster.start(DEFINITION, { extraIdentities: [OBSERVER] }),
    ]);
    await Promise.all([defineWorkerScalers(api), defineNewsSources(api), cluster.bootstrap()]);
    const settings = { ...DEFAULT_SETTINGS, namespace: api.namespace };
    const base = { definition: { text: DEFINITION, file: 'newsjet.yaml' }, settings, versions: VERSIONS };
    const manifests = synthesize(base).flatMap((file) => file.manifests);
    for (const resource of KINDS) {
      const objects = manifests.filter(
        ({ kind, metadata }) => kind === resource.kind && metadata.namespace !== undefined,
      );
      for (const object of objects) await api.admin.create(resource, object as KubernetesObject, { signal });
    }
    const authority = await authoritySecret({ secret: 'newsjet-ca', commonName: 'Newsjet CA' });
    const metadata = { namespace: api.namespace, name: authority.name };
    const secret = { metadata, type: authority.type, data: encodeData(authority.data) };
    await api.admin.create(SECRETS, secret, { signal });
    const observer = await cluster.connect(OBSERVER.name, { maxReconnectAttempts: -1 });
    const jetStream = await observer.jetstreamManager();
    const bench = new SourceBench({ api, cluster, manifests, jetStream, observer }, base);
    bench.#ends.push(bench.#actAsKubelet(), bench.#actAsControllers());
    return bench;
  }

  /** Has an operator lead, with the permissions that the manifests give it. */
  async lead(): Promise<Running> {
    const { namespace } = this.api;
    const user = { name: `system:serviceaccount:${namespace}:operator`, groups: [] };
    const client: KubernetesClient = await this.api.client({ user });
    const { log, lines } = recordingLog();
    const events: string[] = [];
    const connection = await this.cluster.connect(OPERATOR);
    const publisher = new Publisher(connection.jetstream(), {
      maxBytes: 1e6,
      log,
      registry: createRegistry('operator'),
    });
    const controller = new NewsSourceController({
      ...{ namespace, client, statusClient: client, log, certManager: false, relistMs: 2_000 },
      recorder: { record: (_, { type, reason, note }) => void events.push(`${type} ${reason}: ${note}`) },
      composer: new Composer(this.#base),
      pipeline: new Pipeline({ connected: () => ({ connection, publisher }), log }),
      permissions: new ServerPermissions({
        namespace,
        servers: 3,
        client,
        connect: () => this.cluster.connect(SYSTEM),
        log,
      }),
      secrets: new IdentitySecrets({ namespace, authority: 'newsjet-ca', client, log }),
    });
    const stopping = new AbortController();
    const ended = Promise.all([controller.run(stopping.signal), controller.lead(stopping.signal)]);
    return {
      controller,
      lines,
      events,
      stop: async () => {
        stopping.abort();
        await ended;
      },
    };
  }

  /** Starts an operator as it runs in a cluster. */
  async startOperator(): Promise<{ readonly child: Child; readonly metrics: () => Promise<string> }> {
    const { directory, cluster } = this.cluster;
    const { definition, settings, versions } = this.#base;
    const user = { name: `system:serviceaccount:${this.api.namespace}:operator`, groups: [] };
    const write = async (name: string, content: string): Promise<string> => {
      await writeFile(join(directory, name), content, { mode: 0o600 });
      return join(directory, name);
    };
    const system = this.cluster.tls(SYSTEM);
    const servers = cluster.urls.map((url, index) => `nats-${index}=localhost:${new URL(url).port}`);
    const [port] = (await freePorts(1)) as [number];
    const child = this.cluster.startWorker('operator', OPERATOR, {
      KUBECONFIG: await write('kubeconfig', (await accessFor(this.api.address, user)).exportConfig()),
      NAMESPACE: this.api.namespace,
      POD_NAME: 'operator-1',
      DEFINITION: await write('newsjet.yaml', definition.text),
      SETTINGS: await write('settings.json', JSON.stringify({ settings, versions })),
      NATS_SERVERS: servers.join(','),
      SYSTEM_CA: system.caFile,
      SYSTEM_CERT: system.certFile,
      SYSTEM_KEY: system.keyFile,
      HTTP_PORT: String(port),
    });
    return { child, metrics: async () => (await request(`http://127.0.0.1:${port}/metrics`)).body.text() };
  }

  /** An object's present form; undefined when it is gone. */
  async find<T extends KubernetesObject>(resource: Resource<T>, name: string): Promise<T | undefined> {
    try {
      return await this.api.admin.get(resource, { namespace: this.api.namespace, name }, { signal });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  applySource(name: string, spec: NewsSource['spec']): Promise<NewsSource> {
    const metadata = { namespace: this.api.namespace, name };
    return this.api.admin.apply(NEWS_SOURCES, { metadata, spec }, { signal });
  }

  deleteSource(name: string): Promise<void> {
    return this.api.admin.delete(NEWS_SOURCES, { namespace: this.api.namespace, name }, { signal });
  }

  /** Subjects that a stream holds under a pattern. */
  async subjects(stream: string, filter: string): Promise<string[]> {
    const { state } = await this.jetStream.streams.info(stream, { subjects_filter: filter });
    return Object.keys(state.subjects ?? {}).sort();
  }

  /** `Ready` of a source, such as `False Draining`. */
  async ready(name: string): Promise<string> {
    const condition = (await this.find(NEWS_SOURCES, name))?.status?.conditions?.find(({ type }) => type === 'Ready');
    return condition ? `${condition.status} ${condition.reason}` : 'unknown';
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#ends);
    await this.cluster.stop();
    await this.api.stop();
  }

  /** Servers are given the accounts that the ConfigMap holds; addresses and files are those of this machine. */
  async #actAsKubelet(): Promise<void> {
    const paths = [0, 1, 2].map((index) => join(this.cluster.directory, `nats-${index}`, 'nats.conf'));
    const own = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
    let written = '';
    await this.#repeat(async () => {
      const config = (await this.find(CONFIG_MAPS, NATS_CONFIG)) as { data?: Record<string, string> } | undefined;
      const text = config?.data?.['nats.conf'] ?? '';
      if (text === written) return;
      const accounts = text
        .slice(text.search(/^system_account:/m))
        .replace('users: [', 'users: [\n{ user: "CN=observer", permissions: { publish: ">", subscribe: ">" } }');
      await Promise.all(
        paths.map(async (path, index) => {
          const head = own[index]?.slice(0, own[index]?.search(/^system_account:/m));
          // At once, as the kubelet does: a server may read it at any moment.
          await writeFile(`${path}.new`, `${head}${accounts}`);
          await rename(`${path}.new`, path);
        }),
      );
      written = text;
    });
  }

  async #actAsControllers(): Promise<void> {
    const { admin, namespace } = this.api;
    await this.#repeat(async () => {
      const { items } = await admin.list(DEPLOYMENTS, { namespace, signal });
      for (const { metadata, spec, status } of items) {
        const at = { namespace, name: metadata.name };
        if (metadata.deletionTimestamp !== undefined) {
          if (!this.slow.has(metadata.name))
            await admin.patch(DEPLOYMENTS, at, { metadata: { finalizers: [] } }, { signal });
        } else if (status?.readyReplicas !== spec.replicas) {
          const { replicas = 1 } = spec;
          await admin.patchStatus(DEPLOYMENTS, at, { replicas, readyReplicas: replicas }, { signal });
        }
      }
    });
  }

  async #repeat(work: () => Promise<void>): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await work().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
