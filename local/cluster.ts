// A cluster of real nats-servers as local processes, configured from the topology.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderServerConfig, type ServerPlace } from '../cdk8s/nats/server-config.ts';
import type { Topology } from '../workers/contract/topology.ts';
import { Child } from './child.ts';
import { GiveUpError, waitFor } from './wait.ts';

/** Ports of one server. */
export interface ServerPorts {
  readonly client: number;
  readonly cluster: number;
  readonly monitor: number;
}

/** Ports that a server takes. */
export const PORTS_PER_SERVER = 3;

/** Deals ports out to servers, PORTS_PER_SERVER to each. */
export function serverPorts(ports: readonly number[]): ServerPorts[] {
  return Array.from({ length: Math.floor(ports.length / PORTS_PER_SERVER) }, (_, index) => {
    const [client, cluster, monitor] = ports.slice(PORTS_PER_SERVER * index) as [number, number, number];
    return { client, cluster, monitor };
  });
}

/** What a cluster is started with. */
export interface ClusterOptions {
  readonly topology: Topology;
  /** Path of the nats-server executable. */
  readonly executable: string;
  /** Holds configuration, streams and logs, a folder a server. */
  readonly directory: string;
  /** Where ensureCertificates wrote ca.crt, server.crt and server.key. */
  readonly certificateDirectory: string;
  /** One entry a server. */
  readonly ports: readonly ServerPorts[];
  /** Starts a server again that ended unasked. @default false */
  readonly keepRunning?: boolean;
  /** Told when a server was started again. @default nobody */
  readonly onRestart?: (server: string) => void;
}

/** A server that did not start; the message ends with what it printed last. */
export class ServerStartError extends GiveUpError {
  override readonly name = 'ServerStartError';
}

const START_TIMEOUT_MS = 30_000;
const RESTART_WAIT_MS = 1_000;
/** Streams are flushed and leaders handed over meanwhile. */
const STOP_GRACE_MS = 15_000;

/** A running cluster. */
export class LocalCluster {
  readonly #options: ClusterOptions;
  readonly #servers: Child[];
  #stopping = false;

  private constructor(options: ClusterOptions) {
    this.#options = options;
    this.#servers = options.ports.map((_, index) => this.#spawn(index));
  }

  /**
   * Starts all servers and waits until each accepts connections; a quorum for JetStream may take a moment longer.
   * @throws {ServerStartError} when one of them ends
   */
  static async start(options: ClusterOptions): Promise<LocalCluster> {
    const cluster = new LocalCluster(options);
    try {
      await Promise.all(options.ports.map((_, index) => cluster.#ready(index)));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Addresses for clients. */
  get urls(): string[] {
    return this.#options.ports.map(({ client }) => `tls://localhost:${client}`);
  }

  /** The server processes, in order. */
  get servers(): readonly Child[] {
    return this.#servers;
  }

  /** Starts a server again that has ended. */
  async restart(index: number): Promise<void> {
    this.#servers[index] = this.#spawn(index);
    await this.#ready(index);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#servers.map((server) => server.stop(STOP_GRACE_MS)));
  }

  #spawn(index: number): Child {
    const { topology, executable, directory, keepRunning } = this.#options;
    const name = `nats-${index}`;
    const home = join(directory, name);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const configuration = join(home, 'nats.conf');
    writeFileSync(configuration, renderServerConfig(topology, this.#place(index, home)), { mode: 0o600 });
    return new Child({
      name,
      command: executable,
      args: ['-c', configuration],
      logFile: join(home, `${name}.log`),
      ...(keepRunning ? { onExit: () => this.#replace(index, name) } : {}),
    });
  }

  #place(index: number, home: string): ServerPlace {
    const { ports, certificateDirectory } = this.#options;
    const own = ports[index] as ServerPorts;
    return {
      serverName: `nats-${index}`,
      host: '127.0.0.1',
      clientPort: own.client,
      clusterPort: own.cluster,
      monitorPort: own.monitor,
      routes: ports.map(({ cluster }) => `localhost:${cluster}`),
      storeDirectory: join(home, 'jetstream'),
      certificates: {
        ca: join(certificateDirectory, 'ca.crt'),
        cert: join(certificateDirectory, 'server.crt'),
        key: join(certificateDirectory, 'server.key'),
      },
    };
  }

  #replace(index: number, name: string): void {
    if (this.#stopping) return;
    setTimeout(() => {
      if (this.#stopping) return;
      this.#servers[index] = this.#spawn(index);
      this.#options.onRestart?.(name);
    }, RESTART_WAIT_MS);
  }

  async #ready(index: number): Promise<void> {
    const server = this.#servers[index] as Child;
    const { monitor } = this.#options.ports[index] as ServerPorts;
    await waitFor(`${server.name} accepts connections`, START_TIMEOUT_MS, async () => {
      if (server.exit)
        throw new ServerStartError(`${server.name} ended while starting; it said:\n${server.lastLines(5)}`);
      const response = await fetch(`http://127.0.0.1:${monitor}/healthz?js-server-only=true`);
      return response.ok;
    });
  }
}
