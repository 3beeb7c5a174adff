// From the bytes of the stream to its lines, each one object; empty lines only keep the connection alive.

const NEWLINE = 0x0a;

/** What a chunk of bytes completed. */
export interface Reading {
  /** Lines that are not empty, without their line break. */
  readonly lines: readonly string[];
  /** Lines that were longer than the limit; what they held is lost. */
  readonly tooLong: number;
}

/**
 * Puts lines together from chunks that may end anywhere, also inside a character: what is decoded is always a whole line.
 * Holds at most one line of the limit's length.
 */
export class StreamReader {
  readonly #maxLineBytes: number;
  readonly #decoder = new TextDecoder();
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** @param maxLineBytes the longest line that is kept, in bytes */
  constructor(maxLineBytes = 1_000_000) {
    this.#maxLineBytes = maxLineBytes;
  }

  push(chunk: Uint8Array): Reading {
    const lines: string[] = [];
    let tooLong = 0;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      if (this.#bytes > this.#maxLineBytes) tooLong += 1;
      else {
        const line = this.#decoder.decode(Buffer.concat(this.#parts)).trim();
        if (line !== '') lines.push(line);
      }
      this.#parts = [];
      this.#bytes = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return { lines, tooLong };
  }

  #keep(part: Uint8Array): void {
    this.#bytes += part.byteLength;
    if (this.#bytes > this.#maxLineBytes) this.#parts = [];
    // A copy: the chunk's memory is larger than the piece of a line that it ends with.
    else if (part.byteLength > 0) this.#parts.push(Buffer.from(part));
  }
}
