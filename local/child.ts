// A child process with its output in a file, that ends with us.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** What to start. */
export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** Where standard output and error go, appended. */
  readonly logFile: string;
  /** Told when it has ended, wanted or not. */
  readonly onExit?: (exit: ChildExit) => void;
}

/** How a child ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const living = new Set<ChildProcess>();
let watching = false;

/**
 * Makes sure that a process does not outlive this one, unless this one is killed outright: they are groups of their own, so
 * nothing else would end them.
 */
export function endWithUs(child: ChildProcess): void {
  if (!watching) {
    watching = true;
    process.once('exit', () => {
      for (const left of living) left.kill('SIGKILL');
    });
  }
  living.add(child);
  child.once('exit', () => living.delete(child));
}

/** What `PATH`-like variables a child needs from us; everything else it is told explicitly. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'JAVA_HOME', 'TZ'];

/** A running child. */
export class Child {
  readonly name: string;
  readonly logFile: string;
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  #exit: ChildExit | undefined;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.logFile = options.logFile;
    const log = openSync(options.logFile, 'a', 0o600);
    const inherited = Object.fromEntries(
      INHERITED.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])),
    );
    this.#process = spawn(options.command, [...options.args], {
      cwd: options.workingDirectory,
      env: { ...inherited, ...options.environment },
      stdio: ['ignore', log, log],
      // A group of its own: Ctrl-C in the terminal reaches us alone, and we stop the children in order.
      detached: true,
    });
    closeSync(log);
    endWithUs(this.#process);
    this.exited = new Promise((resolve) => {
      const end = (exit: ChildExit): void => {
        this.#exit ??= exit;
        options.onExit?.(exit);
        resolve(exit);
      };
      this.#process.once('exit', (code, signal) => end({ code, signal }));
      this.#process.once('error', () => end({ code: 127, signal: null }));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** How it ended, once it has. */
  get exit(): ChildExit | undefined {
    return this.#exit;
  }

  /** Sends a signal, if it still runs. */
  kill(signal: NodeJS.Signals): void {
    if (!this.#exit) this.#process.kill(signal);
  }

  /** Asks it to end, and makes it end when it has not by then. */
  async stop(graceMs: number): Promise<ChildExit> {
    this.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('SIGKILL'), graceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** The last lines that it printed. */
  lastLines(count: number): string {
    try {
      return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
    } catch {
      return '(nothing)';
    }
  }
}
