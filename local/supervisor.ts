// Keeps one process running: starts it again when it ends, after a growing wait.
import { Child, type ChildExit, type ChildOptions } from './child.ts';

/** State of a supervised process. */
export type SupervisedState = 'running' | 'restarting' | 'stopped';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** A process that ran for this long was well; its next end is not held against it. */
const WELL_AFTER_MS = 30_000;

/** One process and its successors. */
export class Supervised {
  readonly name: string;
  readonly #options: ChildOptions;
  readonly #onChange: () => void;
  #child: Child;
  #startedAt = Date.now();
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #state: SupervisedState = 'running';
  #stopping = false;

  constructor(options: Omit<ChildOptions, 'onExit'>, onChange: () => void) {
    this.name = options.name;
    this.#onChange = onChange;
    this.#options = { ...options, onExit: (exit) => this.#onExit(exit) };
    this.#child = new Child(this.#options);
  }

  get state(): SupervisedState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#state === 'running' ? this.#child.pid : undefined;
  }

  get logFile(): string {
    return this.#child.logFile;
  }

  /** How often it ended unasked. */
  get failures(): number {
    return this.#failures;
  }

  /** Sends a signal to the process of the moment. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it for good. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#child.stop(graceMs);
    this.#state = 'stopped';
    this.#onChange();
  }

  #onExit(_exit: ChildExit): void {
    if (this.#stopping) return;
    const recent = Date.now() - this.#startedAt > WELL_AFTER_MS ? 0 : this.#failures;
    this.#failures++;
    this.#state = 'restarting';
    this.#onChange();
    this.#timer = setTimeout(
      () => {
        this.#startedAt = Date.now();
        this.#child = new Child(this.#options);
        this.#state = 'running';
        this.#onChange();
      },
      Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** recent),
    );
  }
}
