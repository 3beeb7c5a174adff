// The cluster under test: its API, its pods, its Secrets, and ways in for identities of the pipeline.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type NatsConnection } from 'nats';
import { clusterName, contextName } from '../../../kind/kind-cluster.ts';
import { Kubectl, type KubeObject } from '../../../kind/kubectl.ts';
import { progressOf, WORKLOADS } from '../../../kind/rollout.ts';
import { type IdentityFiles, identityFiles } from '../../../local/identity-files.ts';
import { waitFor } from '../../../local/wait.ts';
import { parseDefinition } from '../../../workers/contract/parse-definition.ts';
import { inboxPrefix } from '../../../workers/contract/subjects.ts';
import { computeTopology, type Topology } from '../../../workers/contract/topology.ts';
import { PortForward } from './port-forward.ts';

export const NAMESPACE = 'newsjet';
/** Where the nodes' ports are reached: see kind-config.yaml. */
export const PAGE_URL = 'http://localhost:30080';
export const PROMETHEUS_URL = 'http://localhost:30090';
export const GRAFANA_URL = 'http://localhost:30300';
/** What `make kind-up` applied. */
export const MANIFEST_DIRECTORY = '.newsjet/kind/manifests';
const PART_OF = 'app.kubernetes.io/part-of=newsjet';
const NAME_LABEL = 'app.kubernetes.io/name';
const NATS_PORT = 4222;

export class Target {
  readonly kubectl: Kubectl;
  readonly topology: Topology;
  readonly #context: string;
  readonly #directory: string;
  readonly #servers: readonly PortForward[];
  readonly #connections: NatsConnection[] = [];
  readonly #tunnels: PortForward[] = [];

  private constructor(parts: {
    readonly context: string;
    readonly kubectl: Kubectl;
    readonly directory: string;
    readonly topology: Topology;
    readonly servers: readonly PortForward[];
  }) {
    this.#context = parts.context;
    this.kubectl = parts.kubectl;
    this.#directory = parts.directory;
    this.topology = parts.topology;
    this.#servers = parts.servers;
  }

  /** Opens the cluster that `make kind-up` left. */
  static async open(): Promise<Target> {
    const context = contextName(clusterName());
    const kubectl = new Kubectl(context, NAMESPACE);
    const { data } = JSON.parse(await kubectl.run(['get', 'configmap', 'definition', '--output', 'json'])) as {
      data: Record<string, string>;
    };
    const topology = computeTopology(parseDefinition(Object.values(data)[0] as string));
    const directory = await mkdtemp(join(tmpdir(), 'newsjet-e2e-'));
    const servers = await Promise.all(
      Array.from({ length: topology.servers }, (_, index) =>
        PortForward.open(context, NAMESPACE, `nats-${index}`, NATS_PORT),
      ),
    );
    return new Target({ context, kubectl, directory, topology, servers });
  }

  /** Addresses of the servers, as seen from here. */
  get natsUrls(): string[] {
    return this.#servers.map(({ port }) => `tls://127.0.0.1:${port}`);
  }

  /** Writes the certificate of an identity to files, from its Secret. */
  async tls(identity: string): Promise<IdentityFiles> {
    const data = await this.secret(`${identity}-tls`);
    const files = identityFiles(this.#directory, identity);
    await Promise.all([
      writeFile(files.caFile, data['ca.crt'] ?? ''),
      writeFile(files.certFile, data['tls.crt'] ?? ''),
      writeFile(files.keyFile, data['tls.key'] ?? '', { mode: 0o600 }),
    ]);
    return files;
  }

  /** The entries of a Secret. */
  async secret(name: string): Promise<Record<string, string>> {
    const { data } = JSON.parse(await this.kubectl.run(['get', 'secret', name, '--output', 'json'])) as {
      data: Record<string, string>;
    };
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }

  /** Connects as an identity, through tunnels; it reconnects for as long as it takes. */
  async connect(identity: string, options: Partial<ConnectionOptions> = {}): Promise<NatsConnection> {
    const tls = await this.tls(identity);
    const connection = await waitFor(`a connection as ${identity}`, 60_000, () =>
      connect({
        servers: this.natsUrls,
        inboxPrefix: inboxPrefix(identity),
        tls,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 200,
        // A tunnel does not tell that the pod at its other end is gone.
        pingInterval: 2_000,
        maxPingOut: 2,
        ignoreClusterUpdates: true,
        ...options,
      }),
    );
    this.#connections.push(connection);
    return connection;
  }

  /** Opens a tunnel to a pod. */
  async tunnel(pod: string, port: number): Promise<PortForward> {
    const tunnel = await PortForward.open(this.#context, NAMESPACE, pod, port);
    this.#tunnels.push(tunnel);
    return tunnel;
  }

  /** Pods of a workload, those that are being deleted left out. */
  async pods(name: string): Promise<KubeObject[]> {
    const pods = await this.kubectl.list(['pods'], `${NAME_LABEL}=${name}`);
    return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Waits until every workload is as it should be. */
  async ready(timeoutMs = 300_000): Promise<void> {
    let late = '';
    await waitFor(
      'every workload is ready',
      timeoutMs,
      async () => {
        const [workloads, pods] = await Promise.all([
          this.kubectl.list(WORKLOADS, PART_OF),
          this.kubectl.list(['pods'], PART_OF),
        ]);
        const unfinished = workloads
          .map((workload) => progressOf(workload, pods))
          .filter(({ done }) => !done)
          .map(({ workload, state, reason }) => `${workload} ${state} ${reason}`);
        late = unfinished.join('; ');
        if (late) throw new Error(late);
        return true;
      },
      500,
    );
  }

  /** Runs a program in a pod's container, and returns what it writes. */
  exec(pod: string, command: readonly string[]): Promise<string> {
    return this.kubectl.run(['exec', pod, '--', ...command]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    for (const tunnel of [...this.#servers, ...this.#tunnels]) tunnel.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
