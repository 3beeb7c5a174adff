import { describe, expect, it } from 'vitest';
import { StreamReader } from './stream-reader.ts';

const POSTS = ['{"a":"é🚀 наука"}', '{"b":"line\\nbreak"}', '{"c":"漢字"}'];
const STREAM = Buffer.from(`\r\n${POSTS[0]}\r\n\r\n${POSTS[1]}\r\n${POSTS[2]}\r\n`);

function readAll(chunks: Iterable<Uint8Array>, reader = new StreamReader()): { lines: string[]; tooLong: number } {
  const lines: string[] = [];
  let tooLong = 0;
  for (const chunk of chunks) {
    const reading = reader.push(chunk);
    lines.push(...reading.lines);
    tooLong += reading.tooLong;
  }
  return { lines, tooLong };
}

function* cut(bytes: Buffer, size: number): Iterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

it('gives the same lines wherever the bytes are cut, keep-alives left out', () => {
  for (let size = 1; size <= STREAM.length; size++) {
    expect(readAll(cut(STREAM, size)), `pieces of ${size}`).toEqual({ lines: POSTS, tooLong: 0 });
  }
});

it('gives a line as soon as it is complete, and not before', () => {
  const reader = new StreamReader();
  expect(reader.push(Buffer.from('{"a":1}')).lines).toEqual([]);
  expect(reader.push(Buffer.from('\r')).lines).toEqual([]);
  expect(reader.push(Buffer.from('\n{')).lines).toEqual(['{"a":1}']);
});

it('does not depend on a chunk’s memory once it was pushed', () => {
  const reader = new StreamReader();
  const chunk = Buffer.from('{"a":');
  reader.push(chunk);
  chunk.fill(0x78);
  expect(reader.push(Buffer.from('1}\n')).lines).toEqual(['{"a":1}']);
});

describe('a line beyond the limit', () => {
  it('is left out and counted once, and the next is read', () => {
    const bytes = Buffer.from(`{"first":1}\n${'x'.repeat(5_000)}\n{"next":1}\n`);
    for (const size of [1, 7, 100, bytes.length]) {
      expect(readAll(cut(bytes, size), new StreamReader(100))).toEqual({
        lines: ['{"first":1}', '{"next":1}'],
        tooLong: 1,
      });
    }
  });

  it('of exactly the limit is kept', () => {
    const line = 'y'.repeat(100);
    expect(readAll([Buffer.from(`${line}\n`)], new StreamReader(100)).lines).toEqual([line]);
    expect(readAll([Buffer.from(`${line}y\n`)], new StreamReader(100))).toEqual({ lines: [], tooLong: 1 });
  });
});
