// Reads what processes append to the log files of a folder, from the start or from now on.
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type LogLine, parseLogLine } from './log-line.ts';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

interface Place {
  offset: number;
  /** What has come of a line whose end has not. */
  begun: Buffer;
  time: string;
}

/** Follows every `<process>.log` of a folder, also those that come later. */
export class LogFollower {
  readonly #directory: string;
  readonly #places = new Map<string, Place>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param from where to begin in the files that there are: at their start, or at what is appended from now on */
  static async open(directory: string, from: 'start' | 'end'): Promise<LogFollower> {
    const follower = new LogFollower(directory);
    if (from === 'end') {
      for (const file of await follower.#files()) follower.#places.set(file, blankPlace((await stat(file)).size));
    }
    return follower;
  }

  /** The lines since the last call that are wanted, of all files by time. */
  async read(isWanted: (line: LogLine) => boolean): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    for (const file of await this.#files()) {
      for await (const line of this.#readFile(file)) if (isWanted(line)) lines.push(line);
    }
    // Stable: lines of one moment keep the order of their file.
    return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  }

  async #files(): Promise<string[]> {
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith('.log'));
    return names.sort().map((name) => join(this.#directory, name));
  }

  async *#readFile(file: string): AsyncGenerator<LogLine> {
    const place = this.#places.get(file) ?? blankPlace(0);
    this.#places.set(file, place);
    const name = basename(file, '.log');
    const handle = await open(file);
    try {
      // A file that has become shorter was begun anew.
      const { size } = await handle.stat();
      if (size < place.offset) Object.assign(place, blankPlace(0));
      while (place.offset < size) {
        const length = Math.min(CHUNK_BYTES, size - place.offset);
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, place.offset);
        if (bytesRead === 0) return;
        place.offset += bytesRead;
        const text = Buffer.concat([place.begun, buffer.subarray(0, bytesRead)]);
        const end = text.lastIndexOf(NEWLINE) + 1;
        place.begun = text.subarray(end);
        for (const line of text.toString('utf8', 0, end).split('\n').slice(0, -1)) {
          const parsed = parseLogLine(line, name, place.time);
          place.time = parsed.time;
          yield parsed;
        }
      }
    } finally {
      await handle.close();
    }
  }
}

const blankPlace = (offset: number): Place => ({ offset, begun: Buffer.alloc(0), time: '' });
