import { headers, type JsMsg } from 'nats';
import { describe, expect, it } from 'vitest';
import { HEADER } from '../contract/subjects.ts';
import { FatalError, PoisonError, reasonOf } from './errors.ts';
import { readMessage } from './message.ts';
import { beginWork, tracePublish, traceWork } from './message-spans.ts';
import type { Publication, Publisher } from './publisher.ts';
import { type FinishedSpan, Spans } from './spans.ts';
import { newTrace, parseTraceparent, type Trace, traceHeaders } from './trace.ts';

const TRACE: Trace = { traceId: 'c0ffee00c0ffee00c0ffee00c0ffee01', spanId: 'feed00000000beef', flags: '01' };
const SECRET = 'hunter2';

function recording(): { spans: Spans; told: FinishedSpan[] } {
  const told: FinishedSpan[] = [];
  return { spans: new Spans((span) => told.push(span)), told };
}

/** A message of a document, as it is consumed. */
function message(traceparent?: string, body = '{}'): JsMsg {
  const all = headers();
  all.set('Nats-Msg-Id', 'an-id');
  all.set(HEADER.feed, 'world');
  if (traceparent !== undefined) all.set(HEADER.traceparent, traceparent);
  const info = { stream: 'SOURCES', consumer: 'papers-consumer', deliveryCount: 2 };
  return { subject: 'SOURCES.papers', seq: 7, info, headers: all, string: () => body } as unknown as JsMsg;
}

const publication = (trace: Trace): Publication => ({
  subject: 'NEWS.received',
  type: { subject: 'NEWS.received', version: 1, schema: {} } as unknown as Publication['type'],
  body: { title: SECRET },
  messageId: 'its-id',
  headers: traceHeaders(trace),
});
const publisher = (publish: Publisher['publish']): Pick<Publisher, 'publish'> => ({ publish });
const { signal } = new AbortController();

describe('a span', () => {
  it('follows from its parent, and begins a trace without one', () => {
    const { spans, told } = recording();
    const root = spans.begin({ name: 'first', kind: 'consumer' });
    spans.begin({ name: 'second', kind: 'client', parent: { trace: root.step, remote: false } }).end();
    root.end();
    const [second, first] = told as [FinishedSpan, FinishedSpan];
    expect(second.parent?.trace).toEqual(first.step);
    expect(second.step).toMatchObject({
      traceId: first.step.traceId,
      spanId: expect.not.stringMatching(first.step.spanId),
    });
    expect(first.parent).toBeUndefined();
  });

  it('lasts from its beginning to its end, by the clock of the day', () => {
    const { spans, told } = recording();
    const before = Date.now();
    const outer = spans.begin({ name: 'outer', kind: 'consumer' });
    spans.begin({ name: 'inner', kind: 'client' }).end();
    outer.end();
    const [inner, whole] = told as [FinishedSpan, FinishedSpan];
    expect(whole.startMs).toBeLessThan(inner.startMs);
    expect(inner.endMs).toBeLessThan(whole.endMs);
    expect(whole.startMs).toBeGreaterThan(before - 1_000);
    expect(whole.startMs).toBeLessThan(Date.now() + 1_000);
  });

  it('is not told before it ends', () => {
    const { spans, told } = recording();
    spans.begin({ name: 'left', kind: 'client' }).set({ 'newsjet.outcome': 'created' });
    expect(told).toEqual([]);
  });

  it.each([
    [new PoisonError('no feed', { death: 'unpublishable' }), 'no feed', 'unpublishable'],
    [new FatalError('broken', { cause: new Error('in its middle') }), 'broken: in its middle', 'FatalError'],
    ['503 Service Unavailable', '503 Service Unavailable', '_OTHER'],
    [
      new Error(`E11000 duplicate key error dup key: { title: "${SECRET}" }`),
      'E11000 duplicate key error dup key',
      'Error',
    ],
    [new Error('x'.repeat(2_000)), 'x'.repeat(1_000), 'Error'],
  ])('%# says why it failed, and in what way', (error, reason, type) => {
    const { spans, told } = recording();
    const span = spans.begin({ name: 'failing', kind: 'client' });
    span.fail(error);
    span.end();
    expect(told).toMatchObject([{ failure: reason, attributes: { 'error.type': type } }]);
  });

  it('quotes nothing of a body', async () => {
    const { spans, told } = recording();
    const type = publication(TRACE).type;
    const work = traceWork(spans, message(undefined, `${SECRET} is no JSON`), async () =>
      readMessage(type, message(undefined, SECRET)),
    );
    expect(reasonOf(await work.catch((error: unknown) => error))).toContain(SECRET);
    expect(told).toMatchObject([
      { failure: expect.stringMatching(/^the message on SOURCES.papers is not JSON: .* it is not valid JSON$/) },
    ]);
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });
});

describe('work on a message', () => {
  it('is a child of what published it, in another process, named by the conventions', async () => {
    const { spans, told } = recording();
    const traceparent = `00-${TRACE.traceId}-${TRACE.spanId}-01`;
    const step = await traceWork(spans, message(traceparent), async (own) => own);
    expect(told).toEqual([
      {
        name: 'process SOURCES.papers',
        kind: 'consumer',
        step,
        parent: { trace: TRACE, remote: true },
        startMs: expect.any(Number),
        endMs: expect.any(Number),
        attributes: {
          'messaging.system': 'nats',
          'messaging.operation.name': 'process',
          'messaging.operation.type': 'process',
          'messaging.destination.name': 'SOURCES.papers',
          'messaging.consumer.group.name': 'papers-consumer',
          'messaging.message.id': 'an-id',
          'newsjet.stream': 'SOURCES',
          'newsjet.sequence': 7,
          'newsjet.deliveries': 2,
          'newsjet.feed': 'world',
        },
        links: [],
        failure: undefined,
      },
    ]);
    expect(step).toMatchObject({ traceId: TRACE.traceId, spanId: expect.not.stringMatching(TRACE.spanId) });
  });

  it('begins a trace where the message names none, and has few names where there are many subjects', () => {
    const { spans, told } = recording();
    beginWork(spans, message(), 'SOURCES.*').end();
    expect(told).toMatchObject([
      {
        name: 'process SOURCES.*',
        parent: undefined,
        attributes: { 'messaging.destination.template': 'SOURCES.*', 'messaging.destination.name': 'SOURCES.papers' },
      },
    ]);
  });
});

describe('publishing', () => {
  it('is the span that the message names as the parent of what is done with it', async () => {
    const { spans, told } = recording();
    const parent = newTrace();
    const published = publication(parent);
    const confirm = publisher(async () => ({ sequence: 3, duplicate: true }));
    expect(await tracePublish(spans, confirm, published, parent, signal)).toEqual({ sequence: 3, duplicate: true });
    expect(told).toMatchObject([
      {
        name: 'publish NEWS.received',
        kind: 'producer',
        step: parseTraceparent(published.headers?.[HEADER.traceparent] ?? ''),
        parent: { trace: parent, remote: false },
        failure: undefined,
        attributes: {
          'messaging.operation.name': 'publish',
          'messaging.operation.type': 'send',
          'messaging.destination.name': 'NEWS.received',
          'messaging.message.id': 'its-id',
          'newsjet.sequence': 3,
          'newsjet.duplicate': true,
        },
      },
    ]);
    expect(JSON.stringify(told)).not.toContain(SECRET);
  });

  it('throws what the publisher throws, and says so', async () => {
    const { spans, told } = recording();
    const refusing = publisher(() => Promise.reject(new PoisonError('too large', { death: 'unpublishable' })));
    await expect(tracePublish(spans, refusing, publication(TRACE), null, signal)).rejects.toThrow(PoisonError);
    expect(told).toMatchObject([{ parent: undefined, failure: 'too large' }]);
  });
});
