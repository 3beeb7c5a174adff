// Cuts a stream of bytes into pieces without regard to what they mean: inside a post, inside a character, across posts.
import { Random } from '../random.ts';

/** How the bytes of a stream are cut: as they are written, all of one size, or of sizes that follow from a seed. */
export type Pieces = 'whole' | number | { readonly seed: string; readonly min: number; readonly max: number };

const FLUSH_AFTER_MS = 5;

/** Takes what is written and passes it on in pieces; what is left over follows after a moment without more. */
export class ByteCutter {
  readonly #send: (bytes: Buffer) => void;
  readonly #nextSize: () => number;
  #left = Buffer.alloc(0);
  #size: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(pieces: Pieces, send: (bytes: Buffer) => void) {
    this.#send = send;
    if (pieces === 'whole') this.#nextSize = () => 0;
    else if (typeof pieces === 'number') this.#nextSize = () => pieces;
    else {
      const random = new Random('pieces', pieces.seed);
      this.#nextSize = () => random.integer(pieces.min, pieces.max);
    }
    this.#size = this.#nextSize();
  }

  write(bytes: Buffer): void {
    clearTimeout(this.#timer);
    if (this.#size === 0) {
      this.#send(bytes);
      return;
    }
    this.#left = Buffer.concat([this.#left, bytes]);
    while (this.#left.length >= this.#size) {
      this.#send(this.#left.subarray(0, this.#size));
      this.#left = this.#left.subarray(this.#size);
      this.#size = this.#nextSize();
    }
    if (this.#left.length > 0) this.#timer = setTimeout(() => this.flush(), FLUSH_AFTER_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    if (this.#left.length > 0) this.#send(this.#left);
    this.#left = Buffer.alloc(0);
  }
}
