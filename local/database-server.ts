// Starts the database that was chosen, waits until it answers, and stops it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { MongoClient } from 'mongodb';
import { endWithUs } from './child.ts';
import { type DatabasePlan, describeDatabase } from './database.ts';
import { checkPort, PortTakenError } from './ports.ts';
import { WaitTimeoutError, waitFor } from './wait.ts';

/** A database that answers. */
export interface RunningDatabase {
  /** A connection string with the options that fit the server. */
  readonly uri: string;
  /** For people, such as `mongo-java-server 1.47.0 (H2), stands in for MongoDB`. */
  readonly description: string;
  /** The server; null when it is not ours. */
  readonly process: ChildProcess | null;
  /** Ends the server so that it writes what it still holds; does nothing to one that is not ours. */
  stop(): Promise<void>;
}

export interface StartDatabaseOptions {
  /** Port of 127.0.0.1 to listen on. */
  readonly port: number;
  /** Where the data are kept between runs. */
  readonly dataDirectory: string;
  /** What the server prints is appended to it. */
  readonly logFile: string;
  /** How long it may take until the server answers. @default 30 seconds */
  readonly startTimeoutMs?: number;
}

/** The database did not start, or does not answer. */
export class DatabaseStartError extends Error {
  override readonly name = 'DatabaseStartError';
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly uri: string;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
const PING_TIMEOUT_MS = 5_000;

/**
 * Starts a database, or checks the one that is given.
 * @throws {DatabaseStartError} saying what went wrong, with the end of the server's log
 */
export async function startDatabase(plan: DatabasePlan, options: StartDatabaseOptions): Promise<RunningDatabase> {
  const { startTimeoutMs = START_TIMEOUT_MS } = options;
  const description = describeDatabase(plan);
  if (plan.kind === 'external') {
    checkConnectionString(plan.uri);
    await waitForAnswer(description, startTimeoutMs, () => ping(plan.uri, Math.min(PING_TIMEOUT_MS, startTimeoutMs)));
    return { uri: plan.uri, description, process: null, stop: async () => {} };
  }
  await refuseTakenPort(options.port);
  await mkdir(options.dataDirectory, { recursive: true, mode: 0o700 });
  const command = plan.kind === 'mongod' ? mongodCommand(plan, options) : javaCommand(plan, options);
  const { server, logStart } = await launch(command, options.logFile);
  try {
    await waitForAnswer(description, startTimeoutMs, async () => {
      if (hasEnded(server)) return;
      // The driver waits half a second before it asks again; whether anything listens is found out sooner.
      await tryToConnect(options.port);
      await ping(command.uri, PING_TIMEOUT_MS);
    });
    refuseEnded(server, description);
  } catch (error) {
    await end(server);
    const log = (await readFile(options.logFile, 'utf8')).slice(logStart).trim().split('\n').slice(-5).join('\n');
    throw new DatabaseStartError(`${(error as Error).message}; the end of ${options.logFile}:\n${log}`, {
      cause: error,
    });
  }
  return { uri: command.uri, description, process: server, stop: () => end(server) };
}

function mongodCommand(plan: DatabasePlan & { kind: 'mongod' }, options: StartDatabaseOptions): Command {
  const { port, dataDirectory } = options;
  return {
    program: plan.path,
    // A quarter of a gigabyte of cache: its default is half of the machine's memory.
    args: `--bind_ip 127.0.0.1 --port ${port} --wiredTigerCacheSizeGB 0.25 --dbpath`.split(' ').concat(dataDirectory),
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true`,
  };
}

function javaCommand(plan: DatabasePlan & { kind: 'mongo-java-server' }, options: StartDatabaseOptions): Command {
  const { port, dataDirectory } = options;
  const classPath = [join(plan.directory, 'classes'), join(plan.directory, 'lib', '*')].join(delimiter);
  const settings = ['-XX:+UseSerialGC', '-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  return {
    program: plan.java,
    args: [...settings, '-cp', classPath, 'Launcher', String(port), join(dataDirectory, 'news.mv.db')],
    // It knows no sessions, and a retryable write needs one.
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true&retryWrites=false`,
  };
}

async function refuseTakenPort(port: number): Promise<void> {
  try {
    await checkPort(port, 'the database', '');
  } catch (cause) {
    if (!(cause instanceof PortTakenError)) throw cause;
    throw new DatabaseStartError(
      `port ${port}, for the database, is taken by another process: stop that (a pipeline that still runs, perhaps)`,
      { cause },
    );
  }
}

async function launch(command: Command, logFile: string): Promise<{ server: ChildProcess; logStart: number }> {
  await mkdir(dirname(logFile), { recursive: true });
  const log = await open(logFile, 'a', 0o600);
  try {
    const logStart = (await log.stat()).size;
    const server = spawn(command.program, command.args, {
      // The stand-in ends with its input, so it does not outlive us, however we end.
      stdio: ['pipe', log.fd, log.fd],
      // A group of its own: Ctrl-C in the terminal is for us, who stop the workers before the database.
      detached: true,
    });
    await once(server, 'spawn');
    endWithUs(server);
    return { server, logStart };
  } catch (cause) {
    throw new DatabaseStartError(`cannot start ${command.program}: ${(cause as Error).message}`, { cause });
  } finally {
    await log.close();
  }
}

async function waitForAnswer(description: string, timeoutMs: number, ask: () => Promise<void>): Promise<void> {
  try {
    await waitFor(`an answer of ${description}`, timeoutMs, () => ask().then(() => true), 50);
  } catch (cause) {
    if (!(cause instanceof WaitTimeoutError)) throw cause;
    throw new DatabaseStartError(cause.message, { cause });
  }
}

async function tryToConnect(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

async function ping(uri: string, timeoutMs: number): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: timeoutMs, connectTimeoutMS: timeoutMs });
  try {
    await client.db('admin').command({ ping: 1 });
  } finally {
    await client.close();
  }
}

function checkConnectionString(uri: string): void {
  try {
    new MongoClient(uri);
  } catch (cause) {
    throw new DatabaseStartError(`MONGODB_URI is not a connection string: ${(cause as Error).message}`, { cause });
  }
}

function refuseEnded(server: ChildProcess, description: string): void {
  if (!hasEnded(server)) return;
  const how = server.signalCode === null ? `exited with ${server.exitCode}` : `was ended by ${server.signalCode}`;
  throw new DatabaseStartError(`${description} ${how} before it answered`);
}

const hasEnded = (server: ChildProcess): boolean => server.exitCode !== null || server.signalCode !== null;

async function end(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  const timer = setTimeout(() => server.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
