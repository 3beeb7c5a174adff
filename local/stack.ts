// The whole pipeline as local processes: servers, bootstrap, workers, newsroom; started in order and stopped in order.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prometheusRules, renderRules } from '../cdk8s/rules/rules.ts';
import { ensureCertificates } from '../certs/store.ts';
import { parseDefinition } from '../workers/contract/parse-definition.ts';
import type { Identity } from '../workers/contract/permissions.ts';
import { BOOTSTRAP, type Role } from '../workers/contract/roles.ts';
import { computeTopology, type Topology } from '../workers/contract/topology.ts';
import { Child } from './child.ts';
import { LocalCluster, PORTS_PER_SERVER, type ServerPorts, serverPorts } from './cluster.ts';
import { connectionFile } from './connection-file.ts';
import { type DatabasePlan, findDatabase } from './database.ts';
import { type RunningDatabase, type StartDatabaseOptions, startDatabase } from './database-server.ts';
import { connectionEnvironment, type IdentityFiles, identityFiles } from './identity-files.ts';
import { findNatsServer } from './nats-server.ts';
import { checkPort, freePorts } from './ports.ts';
import { findPrometheusIfAny, type PrometheusBinaries } from './prometheus.ts';
import { workerLabels } from './prometheus-configuration.ts';
import { runPrometheus } from './prometheus-run.ts';
import type { RunningPrometheus } from './prometheus-server.ts';
import { planReplicas, type Replica, replicaCount } from './replicas.ts';
import { type RunPlaces, roleEnvironment } from './role-environment.ts';
import { RunLock } from './run-lock.ts';
import { Supervised } from './supervisor.ts';
import { waitFor } from './wait.ts';

/** What a stack is started with. */
export interface StackOptions {
  /** Text of the definition, and its name for messages. */
  readonly definition: { readonly text: string; readonly file: string };
  /** Bundles of the workers: `<worker>/main.mjs`. */
  readonly bundleDirectory: string;
  /** What was installed for the project. */
  readonly cacheDirectory: string;
  /** State of this run: streams, database, logs. */
  readonly stateDirectory: string;
  /** Where certificates are issued and kept. */
  readonly certificateDirectory: string;
  /** Port of the monitor's page; 0 takes any that is free. */
  readonly pagePort: number;
  /** Where the built-in feeds are, when there is a newsroom. */
  readonly newsroomUrl?: string;
  /** Where the token for X is: the variables `X_BEARER_TOKEN` or `X_BEARER_TOKEN_FILE`. @default there is none */
  readonly xToken?: Readonly<Record<string, string>>;
  /** OpenTelemetry's variables, for workers that export traces. @default none is exported */
  readonly telemetry?: Readonly<Record<string, string>>;
  /** Database in the server. @default the workers' own default */
  readonly databaseName?: string;
  /** Identities beside the topology's, for observers. @default none */
  readonly extraIdentities?: readonly Identity[];
  /** Prometheus over the workers, with all alerts, where it can be had: its port, unless that is taken or 0. @default none */
  readonly prometheus?: { readonly port: number };
  /** Called when the streams exist and before any worker runs. @default nothing to do */
  readonly onBootstrapped?: (stack: Stack) => Promise<void>;
  /** Told what is being done, a line a step. */
  readonly progress: (line: string) => void;
  /** Told when the state of a process changes. @default nobody */
  readonly onChange?: () => void;
}

/** Nobody scales a run, nor renews its certificates while it lasts. */
const ALERTS_FOR = { scaling: 'none', certificates: 'own' } as const;
const STOP_GRACE_MS = 25_000;
const PAGE_TIMEOUT_MS = 30_000;

/** Bootstrap failed; the message ends with what it said. */
export class BootstrapError extends Error {
  override readonly name = 'BootstrapError';
}

/** A running pipeline. */
export class Stack {
  readonly topology: Topology;
  readonly #options: StackOptions;
  readonly #lock: RunLock;
  readonly #workers: Supervised[] = [];
  #cluster: LocalCluster | undefined;
  #database: RunningDatabase | undefined;
  #prometheus: RunningPrometheus | undefined;
  #pagePort = 0;
  #readerPort = 0;
  #stopping = false;

  private constructor(options: StackOptions) {
    const topology = computeTopology(parseDefinition(options.definition.text, options.definition.file));
    this.topology = { ...topology, identities: [...topology.identities, ...(options.extraIdentities ?? [])] };
    this.#options = options;
    this.#lock = RunLock.take(join(options.stateDirectory, 'processes.json'));
  }

  /**
   * Starts everything; when a step fails, what was started is stopped again.
   * @throws {DefinitionError} {RunLockedError} {PortTakenError} and what the servers' own starts throw
   */
  static async start(options: StackOptions): Promise<Stack> {
    const stack = new Stack(options);
    try {
      await stack.#start();
      return stack;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  /** The supervised workers, in the order of the flow. */
  get workers(): readonly Supervised[] {
    return this.#workers;
  }

  get pageUrl(): string {
    return `http://localhost:${this.#pagePort}/`;
  }

  get database(): RunningDatabase {
    return this.#database as RunningDatabase;
  }

  /** Undefined where it was not asked for or cannot be had. */
  get prometheus(): RunningPrometheus | undefined {
    return this.#prometheus;
  }

  get natsUrls(): readonly string[] {
    return this.#cluster?.urls ?? [];
  }

  /** Paths of an identity's certificate files, as a client wants them. */
  readonly tls = (identity: string): IdentityFiles => identityFiles(this.#options.certificateDirectory, identity);

  /** Stops workers first, so that each finishes what it has in hand while the servers still answer. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#workers.map((worker) => worker.stop(STOP_GRACE_MS)), this.#prometheus?.stop()]);
    await this.#cluster?.stop();
    await this.#database?.stop();
    this.#lock.release();
  }

  async #start(): Promise<void> {
    const { cacheDirectory, stateDirectory, certificateDirectory, progress, pagePort } = this.#options;
    if (pagePort !== 0) await checkPort(pagePort, 'the page', 'PORT');
    const logs = join(stateDirectory, 'logs');
    await mkdir(logs, { recursive: true, mode: 0o700 });
    const [server, plan, prometheus] = await Promise.all([
      findNatsServer({ cacheDirectory, progress }),
      findDatabase({ cacheDirectory, progress }),
      this.#options.prometheus && findPrometheusIfAny({ cacheDirectory, progress }),
      ensureCertificates({
        directory: certificateDirectory,
        identities: this.topology.identities.map(({ name }) => name),
      }),
    ]);
    const serverPortCount = PORTS_PER_SERVER * this.topology.servers;
    const free = await freePorts(1 + serverPortCount + replicaCount(this.topology));
    const [databasePort, ...ports] = free as [number, ...number[]];
    const replicas = planReplicas(this.topology, ports.splice(serverPortCount), pagePort);
    const portOf = (role: Role): number => replicas.find(({ spec }) => spec.role === role)?.port ?? 0;
    this.#pagePort = portOf('news-monitor');
    this.#readerPort = portOf('news-reader');
    progress(`starting ${this.topology.servers} nats-servers ${server.version} and the database`);
    // Each is kept as soon as it runs, so that a failure of the other does not leave it behind.
    const started = await Promise.allSettled([
      this.#startCluster(server.path, serverPorts(ports)),
      this.#startDatabase(plan, {
        port: databasePort,
        dataDirectory: join(stateDirectory, 'database'),
        logFile: join(logs, 'database.log'),
      }),
    ]);
    this.#note();
    for (const result of started) if (result.status === 'rejected') throw result.reason;
    progress(`database: ${this.database.description}`);
    await this.#bootstrap(logs);
    await this.#options.onBootstrapped?.(this);
    for (const replica of replicas) this.#startWorker(replica, logs);
    this.#note();
    if (prometheus) await this.#startPrometheus(prometheus, replicas);
    await waitFor('the page answers', PAGE_TIMEOUT_MS, async () => (await fetch(`${this.pageUrl}healthz`)).ok);
  }

  async #startDatabase(plan: DatabasePlan, options: StartDatabaseOptions): Promise<void> {
    this.#database = await startDatabase(plan, options);
    this.#database.process?.once('exit', () => {
      if (this.#stopping) return;
      this.#options.progress('the database ended, starting it again');
      this.#startDatabase(plan, options).then(
        () => this.#note(),
        (error: Error) => this.#options.progress(error.message),
      );
    });
  }

  async #startCluster(executable: string, ports: readonly ServerPorts[]): Promise<void> {
    const { stateDirectory, certificateDirectory } = this.#options;
    this.#cluster = await LocalCluster.start({
      topology: this.topology,
      executable,
      directory: stateDirectory,
      keepRunning: true,
      onRestart: (server) => {
        this.#options.progress(`${server} ended, started again`);
        this.#note();
      },
      certificateDirectory,
      ports,
    });
    await writeFile(connectionFile(stateDirectory), JSON.stringify({ natsUrls: this.natsUrls }));
  }

  async #bootstrap(logs: string): Promise<void> {
    const { definition, stateDirectory, bundleDirectory, progress } = this.#options;
    const file = join(stateDirectory, 'definition.yaml');
    await writeFile(file, definition.text);
    const child = new Child({
      name: BOOTSTRAP,
      command: process.execPath,
      args: [join(bundleDirectory, BOOTSTRAP, 'main.mjs')],
      environment: { ...this.#connection(BOOTSTRAP), DEFINITION: file },
      logFile: join(logs, `${BOOTSTRAP}.log`),
    });
    const { code } = await child.exited;
    if (code !== 0) throw new BootstrapError(`bootstrap failed; it said:\n${child.lastLines(5)}`);
    progress('streams, consumers and schedules are as declared');
  }

  #startWorker({ spec, name, port }: Replica, logs: string): void {
    const options = {
      name,
      command: process.execPath,
      args: [join(this.#options.bundleDirectory, spec.role, 'main.mjs')],
      environment: {
        ...(spec.connects ? this.#connection(spec.name) : {}),
        ...spec.environment,
        ...roleEnvironment(spec, this.#places()),
        HTTP_PORT: String(port),
      },
      logFile: join(logs, `${name}.log`),
    };
    this.#workers.push(new Supervised(options, () => this.#changed()));
  }

  async #startPrometheus(executable: PrometheusBinaries, replicas: readonly Replica[]): Promise<void> {
    const { stateDirectory, progress, prometheus } = this.#options;
    this.#prometheus = await runPrometheus({
      executable,
      targets: replicas.map(({ spec, name, port }) => ({
        address: `127.0.0.1:${port}`,
        labels: workerLabels(spec, name),
      })),
      port: prometheus?.port ?? 0,
      rules: renderRules(prometheusRules({ topology: this.topology, settings: ALERTS_FOR })),
      stateDirectory,
      progress,
      onChange: () => this.#changed(),
    });
    this.#note();
  }

  #places(): RunPlaces {
    const { newsroomUrl, databaseName, xToken, telemetry } = this.#options;
    return {
      database: this.database,
      databaseName,
      readerUrl: `http://127.0.0.1:${this.#readerPort}`,
      newsroomUrl,
      xToken,
      telemetry,
    };
  }

  #connection(identity: string): Record<string, string> {
    return connectionEnvironment(identity, this.natsUrls, this.tls(identity));
  }

  #changed(): void {
    this.#note();
    this.#options.onChange?.();
  }

  #note(): void {
    const processes = [
      ...(this.#cluster?.servers ?? []),
      ...(this.#database?.process ? [{ name: 'database', pid: this.#database.process.pid }] : []),
      ...this.#workers,
      ...(this.#prometheus ? [this.#prometheus.process] : []),
    ];
    this.#lock.note(processes.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }])));
  }
}
