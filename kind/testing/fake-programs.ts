// Small scripts that stand for docker, kind and kubectl, and keep what they were asked.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeScript } from '../../local/fake-tools.ts';

/** A folder of programs for PATH. */
export class FakePrograms {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<FakePrograms> {
    return new FakePrograms(await mkdtemp(join(tmpdir(), 'newsjet-programs-')));
  }

  /**
   * Adds a program, or replaces it.
   * @param lines of a shell, with nothing but its own commands; they see the arguments as `$*`
   */
  async add(name: string, ...lines: string[]): Promise<void> {
    // Written in one piece: several may run at once.
    const note = [`call="${name}"`, 'for each in "$@"; do call="$call\t$each"; done', `echo "$call" >> '${this.#log}'`];
    await writeScript(join(this.folder, name), ...note, ...lines);
  }

  /** Every call so far: the program and its arguments. */
  async calls(): Promise<string[][]> {
    const text = await readFile(this.#log, 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  }

  /** Forgets the calls. */
  async forget(): Promise<void> {
    await rm(this.#log, { force: true });
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  get #log(): string {
    return join(this.folder, 'calls.log');
  }
}
