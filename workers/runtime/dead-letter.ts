// Moves a message that can't be processed to the DLQ, with where it came from and why.
import { headers, type JetStreamClient, type JsMsg } from 'nats';
import { dlqSubject, HEADER } from '../contract/subjects.ts';
import { reasonOf } from './errors.ts';
import type { Logger } from './log.ts';
import { persist } from './retry.ts';
import { traceOf } from './trace.ts';

/** Longest reason kept, in characters: headers are for reading at a glance. */
const MAX_REASON = 1_000;

/** Publishes the message to the DLQ, body and headers as they are, its trace too; returns once JetStream has it. */
export async function publishDeadLetter(
  client: JetStreamClient,
  message: JsMsg,
  reason: string,
  context: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { stream, consumer } = message.info;
  const subject = dlqSubject(stream, consumer);
  const all = headers();
  for (const [name, values] of message.headers ?? []) {
    // The server acts upon its own headers; a dead letter must not schedule, expire or deduplicate anything.
    if (name.startsWith('Nats-') && name !== HEADER.schema) continue;
    for (const value of values) all.append(name, value);
  }
  all.set(HEADER.dlqStream, stream);
  all.set(HEADER.dlqConsumer, consumer);
  all.set(HEADER.dlqSubject, message.subject);
  all.set(HEADER.dlqSequence, String(message.seq));
  all.set(HEADER.dlqDeliveries, String(message.info.deliveryCount));
  all.set(HEADER.dlqReason, oneLine(reason));
  const time = message.info.timestampNanos;
  all.set(HEADER.dlqTime, String(time));
  await persist(
    () =>
      client.publish(subject, message.data, {
        headers: all,
        msgID: `dlq:${stream}:${consumer}:${message.seq}:${time}`,
      }),
    {
      signal: context.signal,
      onFailure: (error, attempts) =>
        context.log.warn({ subject, attempts, reason: reasonOf(error) }, 'the DLQ did not confirm, publishing again'),
    },
  );
  context.log.warn({ ...placeOf(message), reason: oneLine(reason) }, 'moved to the DLQ');
}

/** What the log says of a message: where it is, and, where its headers tell, what it came from. */
export function placeOf(message: JsMsg): Readonly<Record<string, string | number>> {
  const { stream, consumer } = message.info;
  const feed = message.headers?.get(HEADER.feed);
  const traceId = traceOf(message)?.traceId;
  const { subject, seq: sequence } = message;
  return { stream, consumer, subject, sequence, ...(feed ? { feed } : {}), ...(traceId ? { traceId } : {}) };
}

/** Header values can't hold line breaks or control characters. */
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MAX_REASON);
