// One connection to the stream: opened, watched for silence, and read until it ends.
import { describeFailure, NetworkError, type XApi } from './api.ts';
import { POST_FIELDS } from './fields.ts';

export const STREAM_PATH = '/2/tweets/search/stream';

/** Times of a connection, in milliseconds. */
export interface ConnectionTiming {
  /** The API sends something at least this often. @default 20_000 */
  readonly keepAliveMs: number;
  /** How much longer silence may last. @default 5_000 */
  readonly marginMs: number;
}

export const CONNECTION_TIMING: ConnectionTiming = { keepAliveMs: 20_000, marginMs: 5_000 };

/** What whoever reads is told. */
export interface StreamListener {
  readonly onOpen: () => void;
  /** Bytes as they come; they must be taken at once. */
  readonly onBytes: (chunk: Uint8Array) => void;
}

/**
 * Connects and reads until the connection ends, which it always does with an error.
 * @throws {ApiError} when the API refuses
 * @throws {NetworkError} when there is no connection, it was closed, or nothing came for longer than a keep-alive is due
 */
export async function readStream(
  api: XApi,
  token: string,
  { keepAliveMs, marginMs }: ConnectionTiming,
  listener: StreamListener,
  signal: AbortSignal,
): Promise<never> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), keepAliveMs + marginMs);
  try {
    const either = AbortSignal.any([signal, silence.signal]);
    const { body } = await api.open({ path: STREAM_PATH, query: POST_FIELDS, token }, either);
    timer.refresh();
    return await new Promise<never>((_, reject) => {
      // Listening begins here, in the same turn: a body must not wait, see api.ts.
      body.on('data', (chunk: Uint8Array) => {
        timer.refresh();
        listener.onBytes(chunk);
      });
      body.on('error', reject);
      body.once('end', () => reject(new NetworkError(`${STREAM_PATH}: the stream was ended`)));
      body.once('close', () => reject(new NetworkError(`${STREAM_PATH}: the connection was closed`)));
      listener.onOpen();
    });
  } catch (error) {
    if (silence.signal.aborted) {
      throw new NetworkError(`${STREAM_PATH}: nothing came for ${keepAliveMs + marginMs} ms, not even a keep-alive`);
    }
    if (error instanceof Error && ['ApiError', 'NetworkError'].includes(error.name)) throw error;
    throw new NetworkError(`${STREAM_PATH}: ${describeFailure(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
