// Forty gigabytes behind a few megabytes: a fetch of it ends early, without growing.
import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliCompress, gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { fetcherFor, fetchOnce } from './testing/fetching.ts';
import { startServer } from './testing/local-server.ts';

const BLOCK_BYTES = 8_000_000;
/** Forty gigabytes in all: in gzip, more than the cap even as they are sent, so that the server is always cut off. */
const BLOCKS = 5_000;
const MAX_GROWTH_BYTES = 150_000_000;

/** Gzip members, each of which decompresses to a block; together they are one valid gzip stream. */
function gzipBomb(): () => Readable {
  const member = gzipSync(Buffer.alloc(BLOCK_BYTES));
  return () => Readable.from(repeat(member));
}

/** Forty gigabytes of zeros, compressed as they are asked for. */
function brotliBomb(): () => Readable {
  const zeros = Buffer.alloc(BLOCK_BYTES);
  return () =>
    Readable.from(repeat(zeros)).pipe(createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }));
}

function* repeat(block: Buffer) {
  for (let n = 0; n < BLOCKS; n += 1) yield block;
}

test.each([
  ['gzip', gzipBomb()],
  ['br', brotliBomb()],
])('a %s bomb of 40 GB ends at the cap, in bounded memory', async (encoding, bomb) => {
  let cutOff = false;
  const handler: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/xml', 'content-encoding': encoding });
    pipeline(bomb(), response).catch(() => {
      cutOff = true;
    });
  };
  const server = await startServer(handler);
  const fetcher = fetcherFor([server]);
  const before = process.memoryUsage().rss;
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  try {
    expect(await fetchOnce(fetcher, server.url('/'))).toEqual({
      kind: 'failed',
      reason: `${server.url('/')}: the body is larger than 10000000 bytes (decompressed)`,
    });
    await vi.waitFor(() => expect(cutOff).toBe(true), { timeout: 20_000 });
    expect(Math.max(most, process.memoryUsage().rss) - before).toBeLessThan(MAX_GROWTH_BYTES);
  } finally {
    clearInterval(sampling);
    await fetcher.close();
    await server.close();
  }
});
