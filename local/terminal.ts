// What the terminal shows of a run: steps as they are done, then one status line a worker, kept up to date.

const CLEAR_TO_END = '\u001b[0J';
const up = (lines: number): string => (lines > 0 ? `\u001b[${lines}A\r` : '\r');

/** A line of the status block, in cells. */
export type StatusLine = readonly string[];

/** Writes steps and a status block to a stream; without a terminal, only those lines that changed when a state did. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  #blockLines = 0;
  #lastBlock: readonly string[] = [];
  #lastStates = '';

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream;
  }

  /** Writes a step above the status block. */
  step(line: string): void {
    this.#clearBlock();
    this.#stream.write(`${line}\n`);
  }

  /**
   * Shows the block, its columns aligned.
   * @param states what must change for the block to be written again where lines can't be overwritten
   */
  status(lines: readonly StatusLine[], states: string): void {
    if (!this.#stream.isTTY && states === this.#lastStates) return;
    this.#lastStates = states;
    this.#clearBlock();
    const width = this.#stream.columns || 120;
    const block = align(lines).map((line) => line.slice(0, width - 1));
    const news = this.#stream.isTTY ? block : block.filter((line) => !this.#lastBlock.includes(line));
    this.#lastBlock = block;
    if (news.length > 0) this.#stream.write(`${news.join('\n')}\n`);
    this.#blockLines = block.length;
  }

  #clearBlock(): void {
    if (this.#stream.isTTY && this.#blockLines > 0) this.#stream.write(up(this.#blockLines) + CLEAR_TO_END);
    this.#blockLines = 0;
  }
}

/** Pads the cells of each column to the same width. */
export function align(lines: readonly StatusLine[]): string[] {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [column, cell] of line.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}
