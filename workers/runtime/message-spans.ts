// Spans of messages, by OpenTelemetry's conventions for messaging: one publishes, another works on what was published.
import type { JsMsg } from 'nats';
import { HEADER } from '../contract/subjects.ts';
import type { Confirmation, Publication, Publisher } from './publisher.ts';
import type { Attributes, Span, Spans } from './spans.ts';
import { parseTraceparent, type Trace, traceOf } from './trace.ts';

const MESSAGE_ID = 'Nats-Msg-Id';

/**
 * Begins the work on a message, as the child of what published it.
 * @param template name of the subject where there is one for every feed, with `*` in its place. @default the subject
 */
export function beginWork(spans: Spans, message: JsMsg, template?: string): Span {
  const { subject, seq, info, headers } = message;
  const trace = traceOf(message);
  const messageId = headers?.get(MESSAGE_ID);
  const feed = headers?.get(HEADER.feed);
  return spans.begin({
    name: `process ${template ?? subject}`,
    kind: 'consumer',
    parent: trace ? { trace, remote: true } : undefined,
    attributes: {
      ...messaging('process', 'process', subject),
      ...(template === undefined ? {} : { 'messaging.destination.template': template }),
      'messaging.consumer.group.name': info.consumer,
      ...(messageId ? { 'messaging.message.id': messageId } : {}),
      'newsjet.stream': info.stream,
      'newsjet.sequence': seq,
      'newsjet.deliveries': info.deliveryCount,
      ...(feed ? { 'newsjet.feed': feed } : {}),
    },
  });
}

/**
 * Does work on a message as a step of its trace; what the work throws is the span's failure.
 * @param work told the step, from which all that it publishes follows
 */
export async function traceWork<T>(
  spans: Spans,
  message: JsMsg,
  work: (step: Trace, span: Span) => Promise<T>,
): Promise<T> {
  const span = beginWork(spans, message);
  try {
    return await work(span.step, span);
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}

/**
 * Publishes as a step of a trace: the one that the publication's `traceparent` names, so that whoever works on the message
 * finds its parent.
 * @param spans undefined where nobody collects traces: then it is published, and nothing else
 * @param parent what it follows from; null where the trace begins with it
 */
export async function tracePublish(
  spans: Spans | undefined,
  publisher: Pick<Publisher, 'publish'>,
  publication: Publication,
  parent: Trace | null,
  signal: AbortSignal,
): Promise<Confirmation> {
  if (!spans) return publisher.publish(publication, signal);
  const { subject, messageId, headers } = publication;
  const span = spans.begin({
    name: `publish ${subject}`,
    kind: 'producer',
    step: parseTraceparent(headers?.[HEADER.traceparent] ?? '') ?? undefined,
    parent: parent ? { trace: parent, remote: false } : undefined,
    attributes: {
      ...messaging('publish', 'send', subject),
      ...(messageId === undefined ? {} : { 'messaging.message.id': messageId }),
    },
  });
  try {
    const confirmation = await publisher.publish(publication, signal);
    span.set({ 'newsjet.sequence': confirmation.sequence, 'newsjet.duplicate': confirmation.duplicate });
    return confirmation;
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}

/** @param type as the conventions call the operation; what publishes is `send` there */
const messaging = (name: string, type: 'process' | 'send', subject: string): Attributes => ({
  'messaging.system': 'nats',
  'messaging.operation.name': name,
  'messaging.operation.type': type,
  'messaging.destination.name': subject,
});
