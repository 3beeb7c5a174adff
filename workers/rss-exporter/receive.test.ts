// Servers that send a large body and close at once, which used to end the process while the body waited to be read.

import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fetcher } from './fetch.ts';

const TEXT = randomBytes(1_500_000).toString('base64');
const PARALLEL = 12;

describe('a connection that is closed right behind the body', () => {
  let server: Server;
  let fetcher: Fetcher;
  let respond: (socket: Socket, path: string) => void;
  beforeEach(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (request: Buffer) => respond(socket, request.toString().split(' ')[1] as string));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    fetcher = new Fetcher({ allowPrivateAddresses: true, newsroomUrl: null, maxRequestsPerHost: PARALLEL });
  });
  afterEach(async () => {
    await fetcher.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const send = (socket: Socket, head: string, body: Uint8Array | string): void => {
    socket.write(`HTTP/1.1 ${head}\r\nConnection: close\r\n\r\n`);
    socket.end(body);
  };
  const fetchAll = (path: string) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const request = { url, etag: null, lastModified: null };
    return Promise.all(Array.from({ length: PARALLEL }, () => fetcher.fetch(request, new AbortController().signal)));
  };

  const encodings: Record<string, [string, Uint8Array]> = {
    'with its length': [`Content-Length: ${Buffer.byteLength(TEXT)}\r\n`, Buffer.from(TEXT)],
    'without its length': ['', Buffer.from(TEXT)],
    'in gzip': ['Content-Encoding: gzip\r\n', gzipSync(TEXT)],
    'in brotli': ['Content-Encoding: br\r\n', brotliCompressSync(TEXT)],
  };
  for (const [name, [header, body]] of Object.entries(encodings)) {
    test(`a document ${name} is read whole`, async () => {
      respond = (socket) => send(socket, `200 OK\r\n${header}`.trimEnd(), body);
      for (const outcome of await fetchAll('/')) {
        expect(outcome.kind).toBe('document');
        expect(outcome.kind === 'document' && outcome.body === TEXT).toBe(true);
      }
    });
  }

  test('a redirect with a large body is followed without reading it', async () => {
    respond = (socket, path) =>
      path === '/' ? send(socket, '302 Found\r\nLocation: /there', TEXT) : send(socket, '200 OK', 'there');
    for (const outcome of await fetchAll('/')) expect(outcome).toMatchObject({ kind: 'document', body: 'there' });
  });

  test('an error with a large body is an error', async () => {
    respond = (socket) => send(socket, '500 Internal Server Error', TEXT);
    for (const outcome of await fetchAll('/')) expect(outcome.kind).toBe('failed');
  });

  test('a body beyond the cap ends there', async () => {
    await fetcher.close();
    fetcher = new Fetcher({ allowPrivateAddresses: true, newsroomUrl: null, maxBytes: 1_200_000 });
    respond = (socket) => send(socket, '200 OK', TEXT);
    for (const outcome of await fetchAll('/')) {
      expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('larger than 1200000 bytes') });
    }
  });

  test('a body that is cut off is a failure', async () => {
    respond = (socket) => send(socket, `200 OK\r\nContent-Length: ${2 * TEXT.length}`, TEXT);
    for (const outcome of await fetchAll('/')) expect(outcome.kind).toBe('failed');
  });
});
