// A real TLS cluster for tests: fresh certificates, free ports, a folder of its own, gone afterwards.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type NatsConnection } from 'nats';
import { ensureCertificates } from '../../certs/store.ts';
import { Child, type ChildExit } from '../../local/child.ts';
import { LocalCluster, PORTS_PER_SERVER, type ServerPorts, serverPorts } from '../../local/cluster.ts';
import { connectionEnvironment, type IdentityFiles, identityFiles } from '../../local/identity-files.ts';
import { findNatsServer } from '../../local/nats-server.ts';
import { freePorts } from '../../local/ports.ts';
import { parseDefinition } from '../../workers/contract/parse-definition.ts';
import type { Identity } from '../../workers/contract/permissions.ts';
import { BOOTSTRAP } from '../../workers/contract/roles.ts';
import { inboxPrefix } from '../../workers/contract/subjects.ts';
import { computeTopology, type Topology } from '../../workers/contract/topology.ts';
import { CACHE_DIRECTORY, workerBundle } from './paths.ts';

/** Longer than its own, so that it is the bootstrap that says what it waited for. */
const BOOTSTRAP_TIMEOUT_MS = 130_000;
const STOP_GRACE_MS = 15_000;

/** What a cluster under test may have beyond its definition. */
export interface TestClusterOptions {
  /** Identities that no definition gives, such as {@link OBSERVER}, each with a certificate. @default none */
  readonly extraIdentities?: readonly Identity[];
}

/** An identity that may do anything in the pipeline's account: to look at what workers did, and to break things. */
export const OBSERVER: Identity = { name: 'observer', account: 'newsjet', publish: ['>'], subscribe: ['>'] };

/** A cluster under test, its topology, and a way to act as any identity. */
export class TestCluster {
  readonly topology: Topology;
  readonly directory: string;
  readonly cluster: LocalCluster;
  readonly #definition: string;
  readonly #ports: readonly ServerPorts[];
  readonly #connections: NatsConnection[] = [];
  readonly #workers: Child[] = [];

  private constructor(parts: {
    definition: string;
    topology: Topology;
    directory: string;
    cluster: LocalCluster;
    ports: readonly ServerPorts[];
  }) {
    this.#definition = parts.definition;
    this.topology = parts.topology;
    this.directory = parts.directory;
    this.cluster = parts.cluster;
    this.#ports = parts.ports;
  }

  /** Starts the cluster of a definition, given as the text of its file. */
  static async start(definition: string, { extraIdentities = [] }: TestClusterOptions = {}): Promise<TestCluster> {
    const declared = computeTopology(parseDefinition(definition));
    const topology = { ...declared, identities: [...declared.identities, ...extraIdentities] };
    const directory = await mkdtemp(join(tmpdir(), 'newsjet-test-'));
    const certificateDirectory = join(directory, 'certs');
    await ensureCertificates({
      directory: certificateDirectory,
      identities: topology.identities.map(({ name }) => name),
    });
    const { path } = await findNatsServer({ cacheDirectory: CACHE_DIRECTORY, progress: () => {} });
    const ports = serverPorts(await freePorts(PORTS_PER_SERVER * topology.servers));
    const cluster = await LocalCluster.start({
      topology,
      executable: path,
      directory,
      certificateDirectory,
      ports,
    });
    return new TestCluster({ definition, topology, directory, cluster, ports });
  }

  /** Paths of the certificates, as a client wants them. */
  tls(identity: string): IdentityFiles {
    return identityFiles(join(this.directory, 'certs'), identity);
  }

  /** Connects as an identity, as its worker would. */
  async connect(identity: string, options: Partial<ConnectionOptions> = {}): Promise<NatsConnection> {
    const connection = await connect({
      servers: this.cluster.urls,
      inboxPrefix: inboxPrefix(identity),
      tls: this.tls(identity),
      ...options,
    });
    this.#connections.push(connection);
    return connection;
  }

  /** Port on which a server awaits routes. */
  clusterPort(index: number): number {
    return (this.#ports[index] as ServerPorts).cluster;
  }

  /** Starts a bundled worker as a process. */
  startWorker(role: string, identity: string, environment: Readonly<Record<string, string>>): Child {
    const worker = new Child({
      name: identity,
      command: process.execPath,
      args: [workerBundle(role)],
      environment: {
        ...connectionEnvironment(identity, this.cluster.urls, this.tls(identity)),
        ...environment,
      },
      logFile: join(this.directory, `${identity}-${this.#workers.length}.log`),
    });
    this.#workers.push(worker);
    return worker;
  }

  /** Starts a worker of the topology as a process, told all that the topology says, and `environment` besides. */
  startDeclared(name: string, environment: Readonly<Record<string, string>> = {}): Child {
    const worker = this.topology.workers.find((candidate) => candidate.name === name);
    if (!worker) throw new Error(`the definition under test has no worker ${name}`);
    return this.startWorker(worker.role, name, { ...worker.environment, ...environment });
  }

  /** Starts the bootstrap; see also `bootstrap`. */
  async startBootstrap(
    definition = this.#definition,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Child> {
    const file = join(this.directory, `definition-${this.#workers.length}.yaml`);
    await writeFile(file, definition);
    return this.startWorker('bootstrap', BOOTSTRAP, { DEFINITION: file, ...environment });
  }

  /** Runs the bootstrap to its end. */
  async bootstrap(definition = this.#definition): Promise<{ exit: ChildExit; output: string }> {
    const worker = await this.startBootstrap(definition);
    const timer = setTimeout(() => worker.kill('SIGKILL'), BOOTSTRAP_TIMEOUT_MS);
    const exit = await worker.exited;
    clearTimeout(timer);
    return { exit, output: worker.lastLines(1_000) };
  }

  /** Stops everything and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await Promise.all(this.#workers.map((worker) => worker.stop(STOP_GRACE_MS)));
    await this.cluster.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
