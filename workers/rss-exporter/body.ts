// Reads a response body: decompresses it as a stream and stops at a cap, before and after decompression.
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

type Chunks = AsyncIterable<Uint8Array>;

/** More encodings than this on one body serve nobody but an attacker. */
const MAX_ENCODINGS = 3;

/** A body that is larger than the cap; reading stopped there. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';

  constructor(maxBytes: number, stage: 'declared' | 'received' | 'decompressed') {
    super(`the body is larger than ${maxBytes} bytes (${stage})`);
  }
}

/** A Content-Encoding that was not asked for, or too many of them. */
export class UnsupportedEncodingError extends Error {
  override readonly name = 'UnsupportedEncodingError';
}

/** A body that does not decompress. */
export class DamagedBodyError extends Error {
  override readonly name = 'DamagedBodyError';

  constructor(encoding: string, cause: unknown) {
    super(`the ${encoding} body is damaged: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * Reads a Content-Encoding header.
 * @returns the encodings in the order in which they were applied, `identity` left out
 * @throws {UnsupportedEncodingError} on any but gzip, deflate and br, or more than three
 */
export function contentEncodings(header: string | null): readonly string[] {
  const encodings = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((encoding) => encoding.trim().replace(/^x-gzip$/, 'gzip'))
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
  const unknown = encodings.find((encoding) => !['gzip', 'deflate', 'br'].includes(encoding));
  if (unknown !== undefined) {
    throw new UnsupportedEncodingError(`the body is encoded as ${unknown.slice(0, 40)}; gzip, deflate and br are read`);
  }
  if (encodings.length > MAX_ENCODINGS) {
    throw new UnsupportedEncodingError(
      `the body is encoded ${encodings.length} times; at most ${MAX_ENCODINGS} are read`,
    );
  }
  return encodings;
}

/**
 * Reads a body to its end and undoes its encodings. Nothing is decoded ahead: a body is pulled through the decoders chunk
 * by chunk, and everything is destroyed as soon as the cap is passed, at whichever stage.
 * @param encodings in the order in which they were applied
 * @param maxBytes cap for the bytes received and, each on its own, for what comes out of every decoder
 * @throws {BodyTooLargeError} beyond the cap
 * @throws {DamagedBodyError} when it does not decompress
 */
export async function readBody(body: Chunks, encodings: readonly string[], maxBytes: number): Promise<Buffer> {
  let stream = meter(body, maxBytes, 'received');
  // Each stage is counted: nested bombs can be large in the middle and small at the end.
  for (const encoding of encodings.toReversed()) {
    stream = meter(decode(stream, encoding), maxBytes, 'decompressed');
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* meter(source: Chunks, maxBytes: number, stage: 'received' | 'decompressed'): Chunks {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new BodyTooLargeError(maxBytes, stage);
    yield chunk;
  }
}

async function* decode(source: Chunks, encoding: string): Chunks {
  const input = source[Symbol.asyncIterator]();
  const head = await readHead(input);
  if (head.length === 0) return;
  const decoder = createDecoder(encoding, head);
  let inputError: unknown;
  const feeding = pipeline(async function* () {
    yield head;
    try {
      yield* { [Symbol.asyncIterator]: () => input };
    } catch (error) {
      inputError = error;
      throw error;
    }
  }, decoder);
  // A failure destroys the decoder with the same error, and is thrown where it is read below.
  feeding.catch(() => undefined);
  try {
    yield* decoder as Chunks;
  } catch (error) {
    throw inputError ?? new DamagedBodyError(encoding, error);
  }
}

/** Reads two bytes or more, or all that there is. */
async function readHead(input: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await input.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

function createDecoder(encoding: string, head: Buffer) {
  if (encoding === 'br') return createBrotliDecompress();
  if (encoding === 'gzip') return createGunzip();
  // `deflate` means the zlib format, but some servers send the bare stream; the header's check bits tell.
  const zlibHeader = head.length >= 2 && ((head[0] as number) & 0x0f) === 8 && head.readUInt16BE(0) % 31 === 0;
  return zlibHeader ? createInflate() : createInflateRaw();
}
