// Reads messages of a stream without a consumer, answered by any of its replicas (JetStream's direct get, ADR-31 of NATS).
// The client library keeps this API to itself and lacks reading on from a sequence, which is what a monitor needs.
import { Empty, type Msg, type MsgHdrs, type NatsConnection, RequestStrategy } from 'nats';
import { REQUEST_TIMEOUT_MS } from './nats.ts';

/** A message as stored. */
export interface StoredMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly time: Date;
  readonly headers: MsgHdrs;
  readonly data: Uint8Array;
}

/** The server could not answer a read. */
export class DirectGetError extends Error {
  override readonly name = 'DirectGetError';
}

const NOT_FOUND = 404;
const END_OF_BATCH = 204;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The last message of a subject, or undefined when there is none. */
export async function lastMessage(
  connection: NatsConnection,
  stream: string,
  subject: string,
): Promise<StoredMessage | undefined> {
  const reply = await connection.request(`$JS.API.DIRECT.GET.${stream}.${subject}`, Empty, {
    timeout: REQUEST_TIMEOUT_MS,
  });
  return readReply(stream, reply);
}

/** The first message of some subjects from a sequence on, wildcards allowed, or undefined when there is none. */
export async function firstMessageFrom(
  connection: NatsConnection,
  stream: string,
  query: { readonly sequence: number; readonly subjects: string },
): Promise<StoredMessage | undefined> {
  const request = { seq: Math.max(1, query.sequence), next_by_subj: query.subjects };
  const reply = await connection.request(`$JS.API.DIRECT.GET.${stream}`, encoder.encode(JSON.stringify(request)), {
    timeout: REQUEST_TIMEOUT_MS,
  });
  return readReply(stream, reply);
}

/**
 * Messages of a stream in order, from a sequence on: at most `max`, so call again from the last sequence plus one until none
 * comes.
 * @param query `subjects` says which messages, wildcards allowed
 * @throws {DirectGetError} when the server refuses, or does not answer to the end
 */
export async function messagesFrom(
  connection: NatsConnection,
  stream: string,
  query: { readonly sequence: number; readonly subjects: string; readonly max: number },
): Promise<StoredMessage[]> {
  const request = { seq: Math.max(1, query.sequence), next_by_subj: query.subjects, batch: query.max };
  const replies = await connection.requestMany(
    `$JS.API.DIRECT.GET.${stream}`,
    encoder.encode(JSON.stringify(request)),
    {
      // Not the strategy that ends with an empty body: a stored message may have one.
      strategy: RequestStrategy.Timer,
      maxWait: REQUEST_TIMEOUT_MS,
    },
  );
  const messages: StoredMessage[] = [];
  for await (const reply of replies) {
    const message = reply.headers?.code === END_OF_BATCH ? undefined : readReply(stream, reply);
    if (!message) return messages;
    messages.push(message);
  }
  throw new DirectGetError(`can't read ${stream}: no end of the batch within ${REQUEST_TIMEOUT_MS} ms`);
}

/** Sequence of the last message of any of these subjects, wildcards allowed; 0 when there is none. */
export async function lastSequence(connection: NatsConnection, stream: string, subjects: string): Promise<number> {
  const body = encoder.encode(JSON.stringify({ last_by_subj: subjects }));
  const reply = await connection.request(`$JS.API.DIRECT.GET.${stream}`, body, { timeout: REQUEST_TIMEOUT_MS });
  return readReply(stream, reply)?.sequence ?? 0;
}

/** The body of a stored message, as JSON. */
export const jsonOf = <T>(message: StoredMessage): T => JSON.parse(decoder.decode(message.data)) as T;

function readReply(stream: string, { headers, data }: Msg): StoredMessage | undefined {
  if (!headers || headers.code === NOT_FOUND) return undefined;
  if (headers.hasError) throw new DirectGetError(`can't read ${stream}: ${headers.code} ${headers.description}`);
  return {
    subject: headers.last('Nats-Subject'),
    sequence: Number(headers.last('Nats-Sequence')),
    time: new Date(headers.last('Nats-Time-Stamp')),
    headers,
    data,
  };
}
