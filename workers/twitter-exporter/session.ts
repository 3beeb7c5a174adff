// One connection to the stream, and what every line of it means.

import { NetworkError, type XApi } from './api.ts';
import { type ConnectionTiming, readStream } from './connection.ts';
import { ApiError, type Problem } from './problems.ts';
import { type Post, readStreamObject } from './stream-object.ts';
import { StreamReader } from './stream-reader.ts';

/** Why there is no connection, or no longer one. */
export type Failure =
  | { readonly kind: 'network'; readonly message: string }
  | { readonly kind: 'problem'; readonly problem: Problem }
  /** Posts come faster than they become durable. */
  | { readonly kind: 'behind'; readonly message: string };

/** What whoever follows the stream is told. */
export interface SessionListener {
  readonly onOpen: () => void;
  /** Something came, if only a keep-alive. */
  readonly onAlive: () => void;
  /** Takes a post, or a line that is none; false when there is no room. */
  readonly accept: (object: Post | { readonly kind: 'unreadable'; readonly data: string }) => boolean;
  /** The stream says something about itself that does not end it, or a line was too long to keep. */
  readonly onRemark: (message: string) => void;
}

/** Connects, reads until the connection ends, and says why it did. @throws what the listener throws */
export async function runSession(
  api: XApi,
  token: string,
  timing: ConnectionTiming,
  listener: SessionListener,
  signal: AbortSignal,
): Promise<Failure> {
  const ending = new AbortController();
  const reader = new StreamReader();
  let failure: Failure | undefined;
  let fault: { readonly error: unknown } | undefined;
  const end = (why: Failure): void => {
    failure ??= why;
    ending.abort();
  };
  const takeLine = (line: string): void => {
    const object = readStreamObject(line);
    if (object.kind !== 'problem') {
      // Not paused but ended: a body that waits is no option (see api.ts), and what is missed is searched for.
      if (!listener.accept(object)) end({ kind: 'behind', message: 'posts come faster than JetStream confirms them' });
    } else if (object.problem.kind === 'other') listener.onRemark(object.problem.message);
    else end({ kind: 'problem', problem: object.problem });
  };
  const onBytes = (chunk: Uint8Array): void => {
    if (failure || fault || signal.aborted) return;
    try {
      listener.onAlive();
      const { lines, tooLong } = reader.push(chunk);
      if (tooLong > 0) listener.onRemark(`${tooLong} lines were too long to be kept`);
      for (const line of lines) if (!failure) takeLine(line);
    } catch (error) {
      // Thrown here it would end the process, out of the reach of whoever called.
      fault = { error };
      ending.abort();
    }
  };
  try {
    const either = AbortSignal.any([signal, ending.signal]);
    return await readStream(api, token, timing, { onOpen: listener.onOpen, onBytes }, either);
  } catch (error) {
    if (fault) throw fault.error;
    return failure ?? failureOf(error);
  }
}

/** What an error of the API's client means. @throws the error when it is none of these */
export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return { kind: 'problem', problem: error.problem };
  if (error instanceof NetworkError) return { kind: 'network', message: error.message };
  throw error;
}
