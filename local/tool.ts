// Runs the tools that fetch or build what is missing: finding them on PATH, asking their version, telling how it goes.
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, delimiter, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Takes one line for people about something that takes time. */
export type Progress = (line: string) => void;
export type Environment = Readonly<Record<string, string | undefined>>;

/** A tool that could not be started, failed, or took too long. */
export class ToolFailedError extends Error {
  override readonly name = 'ToolFailedError';
}

export interface ToolOptions {
  readonly env: Environment;
  readonly directory?: string;
  /** What is being done: said at the start, and again while it goes on. */
  readonly announce?: string;
  readonly progress?: Progress;
  /** @default 5 seconds */
  readonly announceEveryMs?: number;
  /** @default 10 minutes */
  readonly timeoutMs?: number;
  /** Takes each line that the tool prints on its standard output. */
  readonly onLine?: (line: string) => void;
}

const KEPT_LINES = 200;
const VERSION_TIMEOUT_MS = 10_000;

/** Every executable file of a name on PATH, in the order of PATH, as absolute paths. */
export async function findOnPath(name: string, env: Environment): Promise<string[]> {
  const candidates = (env.PATH ?? '').split(delimiter).map((folder) => folder && resolve(folder, name));
  const found = await Promise.all(candidates.map(async (path) => path !== '' && (await isExecutable(path))));
  return [...new Set(candidates.filter((_, index) => found[index]))];
}

/** Whether a path is a file that may be executed. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a tool to its end.
 * @returns what it printed on both outputs, at most the last 200 lines
 * @throws {ToolFailedError} with the end of what it printed
 */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<string> {
  const { progress, announce, announceEveryMs = 5_000, timeoutMs = 600_000 } = options;
  const started = Date.now();
  if (announce !== undefined) progress?.(announce);
  const timer = setInterval(() => {
    if (announce !== undefined) progress?.(`${announce} (${Math.round((Date.now() - started) / 1_000)} s)`);
  }, announceEveryMs);
  try {
    return await runToEnd(command, args, options, timeoutMs);
  } finally {
    clearInterval(timer);
  }
}

function runToEnd(command: string, args: readonly string[], options: ToolOptions, timeoutMs: number): Promise<string> {
  return new Promise((succeed, fail) => {
    const lines: string[] = [];
    const child = spawn(command, args, {
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      ...(options.directory !== undefined && { cwd: options.directory }),
    });
    collect(child.stdout, lines, options.onLine);
    collect(child.stderr, lines);
    child.on('error', (cause) => fail(new ToolFailedError(`cannot start ${command}: ${cause.message}`, { cause })));
    child.on('close', (code, signal) => {
      if (code === 0) return succeed(lines.join('\n'));
      const end = signal === null ? `exited with ${code}` : `was stopped by ${signal}`;
      const said = lines.slice(-5).join(' | ') || 'it said nothing';
      fail(new ToolFailedError(`${basename(command)} ${args[0] ?? ''} ${end}: ${said}`));
    });
  });
}

function collect(stream: Readable, lines: string[], onLine?: (line: string) => void): void {
  createInterface({ input: stream }).on('line', (text) => {
    const line = text.trim();
    if (line === '') return;
    if (lines.push(line) > KEPT_LINES) lines.shift();
    onLine?.(line);
  });
}

/**
 * Asks a tool for its version.
 * @param pattern finds the version in what the tool prints, as its first group
 * @returns such as `2.15.2`, or undefined when it does not run or prints no version
 */
export async function readVersion(
  path: string,
  env: Environment,
  flag = '--version',
  pattern = /\bv?(\d+\.\d+\.\d+)/,
): Promise<string | undefined> {
  try {
    return pattern.exec(await runTool(path, [flag], { env, timeoutMs: VERSION_TIMEOUT_MS }))?.[1];
  } catch (error) {
    if (error instanceof ToolFailedError) return undefined;
    throw error;
  }
}

/** Whether a version, such as `2.15.2`, is a minimum or newer. */
export function isAtLeast(version: string, minimum: string): boolean {
  const numbers = (text: string): number[] => text.split('.').map(Number);
  const [actual, wanted] = [numbers(version), numbers(minimum)];
  for (const [index, part] of wanted.entries()) {
    const difference = (actual[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
