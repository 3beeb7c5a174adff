// One run at a time in a state folder, and a clear word about processes that an earlier run left behind.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

interface Process {
  readonly name: string;
  readonly pid: number;
}

/** Another run holds the folder, or left processes behind. */
export class RunLockedError extends Error {
  override readonly name = 'RunLockedError';
}

/** Notes which processes a run consists of. */
export class RunLock {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Takes the folder for this process.
   * @throws {RunLockedError} naming the processes that are in the way, and how to end them
   */
  static take(file: string): RunLock {
    const [owner, ...children] = readProcesses(file).filter(({ pid }) => pid !== process.pid && isAlive(pid));
    if (owner?.name === 'newsjet') {
      throw new RunLockedError(
        `a run is going on already (process ${owner.pid}); stop it with Ctrl-C in its terminal or: kill ${owner.pid}`,
      );
    }
    const left = owner ? [owner, ...children] : [];
    if (left.length > 0) {
      const names = left.map(({ name, pid }) => `${name} (${pid})`).join(', ');
      throw new RunLockedError(
        `an earlier run ended without stopping its processes: ${names}. ` +
          `They are still running; stop them with: kill ${left.map(({ pid }) => pid).join(' ')}`,
      );
    }
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const lock = new RunLock(file);
    lock.note([]);
    return lock;
  }

  /** Writes down the processes of the moment, at once: whoever reads a file that is half written takes the folder for free. */
  note(children: readonly Process[]): void {
    const written = `${this.#file}.${process.pid}`;
    writeFileSync(written, JSON.stringify([{ name: 'newsjet', pid: process.pid }, ...children]));
    renameSync(written, this.#file);
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }
}

function readProcesses(file: string): Process[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Process[];
  } catch {
    return [];
  }
}

/** Process ids are used again: only one whose command line is that of a server or worker of ours counts. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return /newsjet|nats|mongo|dist\/(local|workers)/i.test(command);
  } catch {
    return true;
  }
}
