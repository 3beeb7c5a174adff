// The token of the API: from a file, read anew whenever it is needed, or from the environment.
import { readFile } from 'node:fs/promises';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';

/** How often a file is looked at while another token is waited for. */
const LOOK_EVERY_MS = 2_000;

/** A token, or why there is none. */
export type TokenReading = { readonly token: string } | { readonly token: null; readonly reason: string };

export class TokenSource {
  readonly #file: string;
  readonly #fixed: string;
  readonly #clock: Clock;

  /** @param options.file wins over `fixed`; both may be empty */
  constructor(options: { readonly file: string; readonly fixed: string; readonly clock?: Clock }) {
    this.#file = options.file;
    this.#fixed = options.fixed.trim();
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  async read(): Promise<TokenReading> {
    if (this.#file === '') {
      return check(this.#fixed, 'X_BEARER_TOKEN', 'set X_BEARER_TOKEN or X_BEARER_TOKEN_FILE');
    }
    try {
      const text = (await readFile(this.#file, 'utf8')).trim();
      return check(text, this.#file, `${this.#file} is empty`);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'an error';
      return { token: null, reason: `no token: ${this.#file} can't be read (${code})` };
    }
  }

  /** Returns when there is a token, and another one than this. @throws {StoppingError} when the signal aborts */
  async changed(from: string | null, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.pause(LOOK_EVERY_MS, signal);
      const { token } = await this.read();
      if (token !== null && token !== from) return;
    }
  }
}

/** What is no token must not get into a header, nor into a message. */
function check(text: string, where: string, missing: string): TokenReading {
  if (text === '') return { token: null, reason: `no token: ${missing}` };
  if (!/^[\x21-\x7e]+$/.test(text)) return { token: null, reason: `no token: what ${where} holds is none` };
  return { token: text };
}
