// Gathers everything that is wrong with a definition, with the place of each problem, so that all is reported at once.
import { isScalar, type LineCounter, type Node, type Range } from 'yaml';

/** One thing that is wrong, and where. Lines and columns count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  /** Where in the definition, such as `sources.programmez.feeds[0].every`. */
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

/** Shows a value in a message: as JSON, shortened. */
export function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
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
    this.addAt(rangeStart(node?.range), path, message);
  }

  /** Notes a problem at an offset of the text. */
  addAt(offset: number, path: string, message: string): void {
    const { line, col } = this.#counter.linePos(offset);
    this.#found.push({ line: line || 1, column: col || 1, path, message });
  }

  /** Notes that a value is not what is allowed. */
  addValue(node: Node | null | undefined, path: string, value: unknown, allowed: string): void {
    const found = node && !isScalar(node) ? (Array.isArray(value) ? 'a list' : 'a mapping') : show(value);
    this.add(node, path, `${found} is not allowed here; allowed: ${allowed}`);
  }

  /** What was found, in the order of the file. */
  get all(): readonly Problem[] {
    return [...this.#found].sort((a, b) => a.line - b.line || a.column - b.column);
  }
}

const rangeStart = (range: Range | null | undefined): number => range?.[0] ?? 0;
