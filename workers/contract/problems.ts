// Gathers everything that is wrong with a definition, with the place of each problem, so that all is reported at once.
import { isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';

/** One thing that is wrong, and where. Lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  /** Where in the definition, such as `sources.programmez.feeds[0].every`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** A definition that can't be used; the message lists every problem, a line each. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError';
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    const lines = problems.map((p) => `${file}:${p.line}:${p.column}: ${p.path ? `${p.path}: ` : ''}${p.message}`);
    super(`${file} has ${count}:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

/** Shows a value in a message: as JSON, shortened, and without what may be a user name and password. */
export function show(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? 'nothing';
  const shown = value.replace(/^([a-z][a-z0-9+.-]*:[\\/]*)?.*@/is, '$1…@');
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 59)}…` : shown);
}

/** Hides what may be the user name and password of an address in a text, such as a message of the YAML parser. */
export const hideCredentials = (text: string): string => text.replace(/([a-z][a-z0-9+.-]*:[\\/]*)?[^\s"]*@/gi, '$1…@');

/** Says in a message what stands at a place. */
export function describe(node: Node | null | undefined): string {
  if (isSeq(node)) return 'a list';
  if (isMap(node)) return 'a mapping';
  return isScalar(node) && node.value !== null ? show(node.value) : 'empty';
}

/** Collects problems while a document is read. */
export class Problems {
  readonly #counter: LineCounter;
  readonly #found: Problem[] = [];

  constructor(counter: LineCounter) {
    this.#counter = counter;
  }

  /** Notes a problem at the node, or at the start of the file when there is none. */
  add(node: Node | null | undefined, path: string, message: string): void {
    this.addAt(node?.range?.[0] ?? 0, path, message);
  }

  /** Notes a problem at an offset of the text. */
  addAt(offset: number, path: string, message: string): void {
    const { line, col } = this.#counter.linePos(offset);
    this.#found.push({ line: line || 1, column: col || 1, path: hideCredentials(path), message });
  }

  /** Notes that what stands at a node is not what is allowed. */
  addValue(node: Node, path: string, allowed: string, found = describe(node)): void {
    const value = found === 'empty' ? 'an empty value' : found;
    this.add(node, path, `${value} is not allowed here; allowed: ${allowed}`);
  }

  /** Line of a node. */
  lineOf(node: Node): number {
    return this.#counter.linePos(node.range?.[0] ?? 0).line;
  }

  /** What was found, in the order of the file. */
  get all(): readonly Problem[] {
    return [...this.#found].sort((a, b) => a.line - b.line || a.column - b.column);
  }
}
