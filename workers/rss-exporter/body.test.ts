// Every encoding and its damage, and the cap at each stage.
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BodyTooLargeError, contentEncodings, DamagedBodyError, readBody, UnsupportedEncodingError } from './body.ts';

const TEXT = '<rss>'.repeat(5_000);
const MAX_BYTES = 100_000;

async function* inChunks(bytes: Uint8Array, size: number) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

describe('contentEncodings', () => {
  test.each([
    [null, []],
    ['', []],
    ['identity', []],
    ['GZip', ['gzip']],
    ['x-gzip', ['gzip']],
    ['deflate, br', ['deflate', 'br']],
    ['gzip,identity , br', ['gzip', 'br']],
  ])('reads %j', (header, expected) => {
    expect(contentEncodings(header)).toEqual(expected);
  });

  test.each(['zstd', 'gzip, compress', 'gzip, gzip, gzip, gzip', 'gzip;q=1'])('refuses %j', (header) => {
    expect(() => contentEncodings(header)).toThrow(UnsupportedEncodingError);
  });
});

describe('readBody', () => {
  test.each([
    ['no encoding', [], (text: string) => Buffer.from(text)],
    ['gzip', ['gzip'], (text: string) => gzipSync(text)],
    [
      'gzip in two members',
      ['gzip'],
      (text: string) => Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))]),
    ],
    ['deflate with its zlib header', ['deflate'], (text: string) => deflateSync(text)],
    ['bare deflate', ['deflate'], (text: string) => deflateRawSync(text)],
    ['brotli', ['br'], (text: string) => brotliCompressSync(text)],
    ['gzip, then brotli', ['gzip', 'br'], (text: string) => brotliCompressSync(gzipSync(text))],
    ['three encodings', ['br', 'deflate', 'gzip'], (t: string) => gzipSync(deflateRawSync(brotliCompressSync(t)))],
  ])('reads %s, whatever its chunks', async (_name, encodings, encode) => {
    const encoded = encode(TEXT);
    for (const size of [encoded.length, 1_000, ...(encoded.length < 1_000 ? [1] : [])]) {
      expect((await readBody(inChunks(encoded, size), encodings, MAX_BYTES)).toString()).toBe(TEXT);
    }
  });

  test.each(['gzip', 'deflate', 'br'])('an empty %s body is empty', async (encoding) => {
    expect(await readBody(inChunks(Buffer.alloc(0), 1), [encoding], MAX_BYTES)).toHaveLength(0);
  });

  test('a body of exactly the cap is read, one byte more is not', async () => {
    const body = Buffer.alloc(MAX_BYTES);
    expect(await readBody(inChunks(body, 1_000), [], MAX_BYTES)).toHaveLength(MAX_BYTES);
    expect(await readBody(inChunks(gzipSync(body), 50), ['gzip'], MAX_BYTES)).toHaveLength(MAX_BYTES);
    const larger = Buffer.alloc(MAX_BYTES + 1);
    await expect(readBody(inChunks(larger, 1_000), [], MAX_BYTES)).rejects.toThrow('100000 bytes (received)');
    await expect(readBody(inChunks(gzipSync(larger), 50), ['gzip'], MAX_BYTES)).rejects.toThrow('(decompressed)');
  });

  test('what is large in the middle and small at the end is stopped too', async () => {
    const emptyMembers = Buffer.concat(Array.from({ length: 10_000 }, () => gzipSync('')));
    const bomb = brotliCompressSync(emptyMembers);
    expect(emptyMembers.length).toBeGreaterThan(MAX_BYTES);
    expect(bomb.length).toBeLessThan(1_000);
    await expect(readBody(inChunks(bomb, 100), ['gzip', 'br'], MAX_BYTES)).rejects.toThrow(BodyTooLargeError);
  });

  test('the source is let go of as soon as the cap is passed', async () => {
    let taken = 0;
    let released = false;
    async function* endless() {
      const block = gzipSync(Buffer.alloc(MAX_BYTES / 2));
      try {
        for (;;) {
          taken += 1;
          yield block;
        }
      } finally {
        released = true;
      }
    }
    await expect(readBody(endless(), ['gzip'], MAX_BYTES)).rejects.toThrow(BodyTooLargeError);
    await expect.poll(() => released, { timeout: 5_000 }).toBe(true);
    // Three are needed; stream buffers (16 kB a stage) may read some of these 70-byte blocks ahead, not endlessly many.
    expect(taken).toBeLessThan(2_000);
  });

  test.each([
    ['gzip', Buffer.from(TEXT)],
    ['gzip', gzipSync(TEXT).subarray(0, 40)],
    ['br', Buffer.from(TEXT)],
    ['br', brotliCompressSync(TEXT).subarray(0, 10)],
    ['deflate', deflateSync(TEXT).subarray(0, 30)],
  ])('a damaged %s body is an error of its own', async (encoding, bytes) => {
    await expect(readBody(inChunks(bytes, 100), [encoding], MAX_BYTES)).rejects.toThrow(DamagedBodyError);
  });

  test('a connection that breaks is reported as such, not as a damaged body', async () => {
    const broken = new Error('connection lost');
    async function* source() {
      yield gzipSync(TEXT).subarray(0, 40);
      throw broken;
    }
    await expect(readBody(source(), ['gzip'], MAX_BYTES)).rejects.toBe(broken);
  });
});
