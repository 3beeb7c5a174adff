// Runs the programs that do the work: docker, kind and kubectl.
import { spawn } from 'node:child_process';

/** A program failed; the message holds what it was asked, and the end of what it said. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
}

/** A program is not there at all. */
export class ProgramMissingError extends Error {
  override readonly name = 'ProgramMissingError';
}

export interface ProgramOptions {
  /** What the program reads. @default nothing */
  readonly input?: string;
  /** Told every line that the program writes to stderr, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Told every line that the program writes to stdout, as it comes. */
  readonly onOutput?: (line: string) => void;
  /** Ends the program. */
  readonly signal?: AbortSignal;
}

/** How much of what a failed program said is told. */
const TOLD_LINES = 20;

/**
 * Runs a program to its end.
 * @returns what it wrote to stdout
 * @throws {ProgramMissingError} {ProgramError}
 */
export function runProgram(name: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const { input, onLine, onOutput, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'pipe'], ...(signal ? { signal } : {}) });
    let stdout = '';
    let stderr = '';
    const tellOutput = lineTeller(onOutput);
    const tellError = lineTeller(onLine);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      tellOutput(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      tellError(text);
    });
    // A program that ends before it has read everything says why in its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new ProgramMissingError(`${name} is not on the PATH`, { cause: error }) : error);
    });
    child.on('close', (code, killed) => {
      if (code === 0) return resolve(stdout);
      const said = (stderr.trim() || stdout.trim()).split('\n').slice(-TOLD_LINES).join('\n');
      const how = killed ? `was ended by ${killed}` : `ended with ${code}`;
      reject(new ProgramError(`${[name, ...args].join(' ')} ${how}:\n${said}`));
    });
  });
}

/** Takes text as it comes, and tells the lines that are whole. */
function lineTeller(tell: (line: string) => void = () => {}): (text: string) => void {
  let begun = '';
  return (text) => {
    const lines = (begun + text).split(/\r?\n|\r/);
    begun = lines.pop() ?? '';
    for (const line of lines) tell(line);
  };
}
