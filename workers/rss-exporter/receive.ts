// Takes in a response body as fast as it comes, up to the cap.
import type { Readable } from 'node:stream';
import { BodyTooLargeError } from './body.ts';

/**
 * What may be buffered between a response's headers and the first read. undici 7 ends the whole process when a server
 * closes a connection whose body waits to be read (nodejs/undici#5360, mended only in versions that need a newer Node),
 * so a body must never have to wait: this is more than one read of a socket can bring, and from then on `receive` takes
 * every byte at once.
 */
export const UNREAD_BYTES = 1_000_000;

/**
 * Receives a body, all of it as fast as it comes, and hands on its chunks at the reader's pace. The body is destroyed as
 * soon as it passes the cap, and when the reader has enough.
 * @throws {BodyTooLargeError} beyond the cap, and what the connection failed with
 */
export function receive(body: Readable, maxBytes: number): AsyncIterable<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  let failure: unknown;
  let wake = (): void => undefined;
  const end = (error?: unknown): void => {
    failure ??= error;
    ended = true;
    wake();
  };
  // Listening starts now and not with the first read: see UNREAD_BYTES.
  body.on('data', (chunk: Uint8Array) => {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      end(new BodyTooLargeError(maxBytes, 'received'));
      body.destroy();
    } else {
      chunks.push(chunk);
      wake();
    }
  });
  body.once('end', () => end());
  body.once('error', end);
  body.once('close', () => {
    if (!ended) end(new Error('the connection was closed before the end of the body'));
  });
  return read();

  async function* read(): AsyncIterable<Uint8Array> {
    try {
      for (;;) {
        if (failure !== undefined) throw failure;
        const chunk = chunks.shift();
        if (chunk) yield chunk;
        else if (ended) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      body.destroy();
    }
  }
}
