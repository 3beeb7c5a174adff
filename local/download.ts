// Downloads files over HTTP, and finds out quickly when that is impossible.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch, type Response } from 'undici';
import type { Environment } from './tool.ts';

/** Something could not be downloaded, or is not what it should be. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
}

export interface DownloadOptions {
  /** For the addresses of proxies. */
  readonly env: Environment;
  /** @default 3 seconds */
  readonly connectTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 3_000;
const SILENCE_TIMEOUT_MS = 10_000;
const SHA512_LENGTH = 128;

/**
 * Asks whether anything answers at an address, with whatever status.
 * @param options.timeoutMs for the whole, name resolution included. @default 3 seconds
 * @throws {DownloadError} when nothing does
 */
export async function checkReachable(
  url: string,
  options: { readonly env: Environment; readonly timeoutMs?: number },
): Promise<void> {
  const { env, timeoutMs = CONNECT_TIMEOUT_MS } = options;
  await request(url, { env, connectTimeoutMs: timeoutMs }, async () => {}, {
    method: 'HEAD',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
}

/**
 * Downloads a short text.
 * @throws {DownloadError}
 */
export async function downloadText(url: string, options: DownloadOptions): Promise<string> {
  return request(url, options, async (response) => {
    refuseFailure(url, response);
    return response.text();
  });
}

/**
 * Downloads a file and checks it.
 * @param checksum what it must have, in hexadecimal: SHA-256, or SHA-512 when it is as long as that
 * @throws {DownloadError} also when the checksum differs; the file is then not to be used
 */
export async function downloadFile(
  url: string,
  path: string,
  checksum: string,
  options: DownloadOptions,
): Promise<void> {
  const actual = await request(url, options, async (response) => {
    refuseFailure(url, response);
    const hash = createHash(checksum.length === SHA512_LENGTH ? 'sha512' : 'sha256');
    const hashing = new Transform({
      transform(chunk, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    const body = response.body ? Readable.fromWeb(response.body) : Readable.from([]);
    await pipeline(body, hashing, createWriteStream(path));
    return hash.digest('hex');
  });
  if (actual !== checksum.toLowerCase()) {
    throw new DownloadError(`${url} has the checksum ${actual} instead of ${checksum}: it is not the file published`);
  }
}

async function request<T>(
  url: string,
  options: DownloadOptions,
  read: (response: Response) => Promise<T>,
  init: { method?: string; redirect?: 'manual'; signal?: AbortSignal } = {},
): Promise<T> {
  const agent = createAgent(options);
  try {
    return await read(await fetch(url, { ...init, dispatcher: agent }));
  } catch (cause) {
    if (cause instanceof DownloadError) throw cause;
    throw new DownloadError(`cannot download ${url}: ${rootMessage(cause)}`, { cause });
  } finally {
    await agent.destroy();
  }
}

function createAgent(options: DownloadOptions): Dispatcher {
  const timeouts = {
    connect: { timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS },
    headersTimeout: SILENCE_TIMEOUT_MS,
    bodyTimeout: SILENCE_TIMEOUT_MS,
  };
  const setting = (name: string): string | undefined => options.env[name.toLowerCase()] ?? options.env[name];
  const httpProxy = setting('HTTP_PROXY');
  const httpsProxy = setting('HTTPS_PROXY');
  if (!httpProxy && !httpsProxy) return new Agent(timeouts);
  return new EnvHttpProxyAgent({
    ...timeouts,
    noProxy: setting('NO_PROXY') ?? '',
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
  });
}

function refuseFailure(url: string, response: Response): void {
  if (!response.ok) throw new DownloadError(`cannot download ${url}: the server answered ${response.status}`);
}

/** The innermost reason: what wraps it says only that fetching failed. */
function rootMessage(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message || (inner as NodeJS.ErrnoException).code || inner.name;
}
