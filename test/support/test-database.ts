// A real database for tests, as the local run finds it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDatabase } from '../../local/database.ts';
import { type RunningDatabase, startDatabase } from '../../local/database-server.ts';
import { freePorts } from '../../local/ports.ts';
import { CACHE_DIRECTORY } from './paths.ts';

/** A database of its own folder and port, which can be stopped and started again. */
export class TestDatabase {
  readonly #directory: string;
  readonly #port: number;
  #running: RunningDatabase;

  private constructor(directory: string, port: number, running: RunningDatabase) {
    this.#directory = directory;
    this.#port = port;
    this.#running = running;
  }

  static async start(): Promise<TestDatabase> {
    const directory = await mkdtemp(join(tmpdir(), 'newsjet-database-'));
    const [port] = (await freePorts(1)) as [number];
    return new TestDatabase(directory, port, await launch(directory, port));
  }

  get uri(): string {
    return this.#running.uri;
  }

  /** Ends the server in good order; what it holds stays. */
  pause(): Promise<void> {
    return this.#running.stop();
  }

  async resume(): Promise<void> {
    this.#running = await launch(this.#directory, this.#port);
  }

  async stop(): Promise<void> {
    await this.#running.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function launch(directory: string, port: number): Promise<RunningDatabase> {
  const plan = await findDatabase({ cacheDirectory: CACHE_DIRECTORY, progress: () => {} });
  const dataDirectory = join(directory, 'data');
  return startDatabase(plan, { port, dataDirectory, logFile: join(directory, 'database.log') });
}
